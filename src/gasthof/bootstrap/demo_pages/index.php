<?php
header('Content-Type: text/html; charset=utf-8');
$uid = posix_getuid();
$file = '@FILE@';
$content = @file_get_contents($file);
$words = $content === false ? (error_get_last()['message'] ?? 'refused') : '';
function shown(string $text): string {
    return htmlspecialchars($text, ENT_QUOTES | ENT_SUBSTITUTE, 'UTF-8');
}
?>
<!doctype html>
<html lang="de">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>@CUSTOMER@</title>
<style>
:root { color-scheme: light dark; }
body { font: 1.1rem/1.6 system-ui, sans-serif; max-width: 42rem; margin: 2rem auto; padding: 0 1rem; }
dt { font-weight: bold; }
dd { margin: 0 0 1rem; overflow-wrap: anywhere; }
</style>
</head>
<body>
<h1>@CUSTOMER@</h1>
<p>Willkommen! Diese Seite ist eine Vorführung.</p>
<dl>
<dt>PHP</dt><dd><?= shown(PHP_VERSION) ?></dd>
<dt>Benutzernummer, unter der diese Seite läuft</dt><dd><?= $uid ?></dd>
<dt>Versuch, eine Datei des Nachbarn „@NEIGHBOUR@“ zu lesen</dt>
<?php if ($content === false): ?>
<dd>verweigert: <?= shown($words) ?></dd>
<?php else: ?>
<dd>gelesen – das dürfte nicht sein!</dd>
<?php endif; ?>
</dl>
</body>
</html>
