"""Commands by A-labels, and Postfix' name of a message."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gasthof.slices.mail.delivery.envelope import Path, command, parsed, plain, queue_id, spelled
from gasthof.slices.mail.delivery.spelling import answer

TOP = b"Received: from %s (unknown [203.0.113.9])\r\n\tby server.gasthof.test (Postfix) with ESMTPS id 4jXYyM0r32zKcVl\r\n\tfor <a@b.test>; Sun\r\n"


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("RCPT TO:<info@grüße-aus-köln.test>", "RCPT TO:<info@xn--gre-aus-kln-w6a02arc.test>"),
        (
            "rcpt to: <INFO@GRÜßE-AUS-KÖLN.test> NOTIFY=NEVER",
            "rcpt to:<INFO@xn--gre-aus-kln-w6a02arc.test> NOTIFY=NEVER",
        ),
        ("MAIL FROM:<jörg@bücher.example> SMTPUTF8", "MAIL FROM:<jörg@xn--bcher-kva.example> SMTPUTF8"),
        ("RCPT TO:<info@strasse.test>", ""),
        ("RCPT TO:<jörg@strasse.test>", ""),
        ("RCPT TO:<info@-ü-.test>", ""),
        ("RCPT TO:<info@ü..test>", ""),
        ("EHLO bücher.example", ""),
        ("RCPT TO:info@bücher.example", ""),
    ],
)
def test_a_command_by_a_labels(line: str, wanted: str) -> None:
    assert spelled(line.encode()).decode() == wanted
    assert answer(b"command " + line.encode()) == (b"OK " + wanted.encode() if wanted else b"NOTFOUND ")


def test_letters_that_folding_would_lose_stay_apart() -> None:
    found = {spelled(f"RCPT TO:<a@{name}.test>".encode()) for name in ("straße", "σίγμας", "σίγμασ")}
    assert len(found) == 3
    assert b"strasse" not in b"".join(found)


@given(st.text(min_size=1, max_size=40), st.text(min_size=1, max_size=40))
def test_no_command_becomes_two_and_nothing_ascii_changes(local: str, domain: str) -> None:
    line = f"RCPT TO:<{local}@{domain}>".encode("utf-8", "surrogatepass")
    found = spelled(line)
    assert b"\n" not in found
    assert b"\r" not in found
    assert not (found and line.isascii())
    assert not found or parsed(found)


def test_dovecot_is_told_of_no_smtputf8() -> None:
    found = parsed("MAIL FROM:<用户@例子.广告> SMTPUTF8 BODY=8BITMIME".encode())
    assert found
    assert command(b"MAIL FROM", plain(found)) == b"MAIL FROM:<> BODY=8BITMIME\r\n"
    assert plain(Path(b"", ())) == Path(b"", ())


@pytest.mark.parametrize(
    "helo",
    [b"client.example", b"x by server.gasthof.test (Postfix) with ESMTP id FORGED1", b"id FORGED2;", b"x)\tid FORGED3"],
)
def test_the_name_is_postfixs_whatever_the_client_calls_itself(helo: bytes) -> None:
    forged = (
        b"Received: from x\r\n\tby server.gasthof.test (Postfix) with ESMTP id FORGED4\r\n\tfor <a@b.test>; Sun\r\n"
    )
    assert queue_id(TOP % helo + forged + b"\r\nbody") == "4jXYyM0r32zKcVl"


def test_a_message_made_here_has_a_name_and_others_have_none() -> None:
    assert (
        queue_id(b"Received: by server.gasthof.test (Postfix)\r\n\tid 4jXYyM0r32zKcVl; Sun\r\nSubject: x\r\n")
        == "4jXYyM0r32zKcVl"
    )
    for start in (b"", b"Subject: x\r\n", b"Subject: x\r\n" + TOP % b"a", b"Received: from x", TOP[:60]):
        assert queue_id(start) == ""
