<?php
// One talk: each line is sent, and its answer read until it is the right one, the other side closes, or it says no more.
set_time_limit(60);
$asked = json_decode($_POST['asked'], true);
$tls = ['verify_peer' => false, 'verify_peer_name' => false, 'peer_name' => $asked['name']];
$wire = @stream_socket_client($asked['to'], $number, $words, 5, STREAM_CLIENT_CONNECT, stream_context_create(['ssl' => $tls]));
$answers = $wire ? [] : ['<refused>'];
foreach ($wire ? $asked['lines'] : [] as [$said, $right]) {
    if ($said === null) {
        $answers[] = @stream_socket_enable_crypto($wire, true, STREAM_CRYPTO_METHOD_TLS_CLIENT) ? '<TLS>' : '<no TLS>';
        continue;
    }
    $answers[] = answer($wire, base64_decode($said), base64_decode($right));
    if (str_ends_with(end($answers), '<closed>')) break;
}
echo json_encode(array_map('base64_encode', $answers));

function answer($wire, string $said, string $right): string
{
    stream_set_timeout($wire, 20);
    if ($said !== '' && @fwrite($wire, $said) === false) return '<closed>';
    for ($heard = ''; !preg_match("~^(?:$right)$~sD", $heard) || $heard === '';) {
        $more = @fread($wire, 65536);
        if ($more === false || $more === '') {
            return $heard . (stream_get_meta_data($wire)['timed_out'] ? '<silent>' : '<closed>');
        }
        $heard .= $more;
    }
    return $heard;
}
