<?php
// SFTP with no way of signing in but "none" (libssh2 asks for it first of all), then with an empty password.
$said = [];
foreach (json_decode($_POST['asked'], true)['tries'] as [$url, $ways, $who]) {
    $curl = curl_init($url);
    $how = [CURLOPT_SSH_AUTH_TYPES => $ways, CURLOPT_USERPWD => $who, CURLOPT_RETURNTRANSFER => true, CURLOPT_TIMEOUT => 10];
    curl_setopt_array($curl, $how);
    $listing = curl_exec($curl);
    $said[] = [curl_errno($curl), $listing];
}
echo json_encode($said);
