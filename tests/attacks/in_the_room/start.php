<?php
// A program of the customer's own beside this page, with what it is given on its standard input.
set_time_limit(60);
$asked = json_decode($_POST['asked'], true);
$child = proc_open(['/usr/bin/python3', '-I', __DIR__ . '/' . basename($asked['program'])], [['pipe', 'r'], ['pipe', 'w'], ['pipe', 'w']], $pipes);
fwrite($pipes[0], json_encode($asked['given']));
fclose($pipes[0]);
$said = stream_get_contents($pipes[1]);
echo $said !== '' ? $said : json_encode(stream_get_contents($pipes[2]));
