<?php
// Signs in to database servers, and says what each one said.
set_time_limit(60);
$said = [];
foreach (json_decode($_POST['asked'], true)['tries'] as [$dsn, $user, $password]) {
    try {
        $server = new PDO($dsn, $user, $password, [PDO::ATTR_TIMEOUT => 5, PDO::ATTR_ERRMODE => PDO::ERRMODE_EXCEPTION]);
        $said[] = 'in as ' . $server->query('SELECT current_user')->fetchColumn();
    } catch (PDOException $error) {
        $said[] = $error->getMessage();
    }
}
echo json_encode($said, JSON_INVALID_UTF8_SUBSTITUTE);
