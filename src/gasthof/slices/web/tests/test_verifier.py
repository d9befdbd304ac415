"""The password verifier: right, wrong, and every doubt an error."""

import json
import os
import pwd
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from argon2 import PasswordHasher, Type

from gasthof.prefix import VERIFY_USER
from gasthof.slices.web.tests.nginx_harness import WebNode
from gasthof.slices.web.verifier.check import answer

CHEAP = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
HASH = CHEAP.hash("Schlüssel für Köln")


def question(hash: str = HASH, password: str = "Schlüssel für Köln") -> bytes:
    return json.dumps({"hash": hash, "password": password}).encode() + b"\n"


def test_right_and_wrong() -> None:
    assert json.loads(answer(question())) == {"ok": True}
    assert json.loads(answer(question(password="Schlussel"))) == {"ok": False}
    assert json.loads(answer(question(password=""))) == {"ok": False}


@pytest.mark.parametrize(
    "line",
    [
        b"", b"\n", b"{}\n", b"[]\n", b"null\n", b"\xff\xfe\n", b'{"hash":1,"password":"x"}\n', b'{"hash":"","password":""}\n',
        question(hash="$2y$10$abcdefghijklmnopqrstuu"), question(hash="plain"), question(hash=HASH[:-2]), question(hash=HASH + "\n"),
        question(password="x" * 3000), b'{"hash":"a","password":"b","more":1}\n',
        question(hash=HASH.replace("m=64", "m=4194304")), question(hash=HASH.replace("t=1", "t=100000")),
        question(hash=HASH.replace("p=1", "p=255")), question(hash=PasswordHasher(memory_cost=64, type=Type.D).hash("x")),
    ],
)  # fmt: skip
def test_doubt_is_an_error_and_never_a_yes(line: bytes) -> None:
    reply = json.loads(answer(line))
    assert reply["ok"] is False
    assert reply["error"]


@pytest.fixture(scope="module")
def node() -> Iterator[WebNode]:
    with WebNode.started() as started:
        yield started


def talk(path: Path, data: bytes, lines: int) -> list[bytes]:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(60)
        connection.connect(str(path))
        connection.sendall(data)
        file = connection.makefile("rb")
        return [file.readline() for _ in range(lines)]


@pytest.mark.daemons
def test_many_questions_a_connection(node: WebNode) -> None:
    replies = talk(node.prefix.verify_socket, question() + question(password="no") + question(), 3)
    assert [json.loads(reply)["ok"] for reply in replies] == [True, False, True]


@pytest.mark.daemons
def test_a_line_without_end_is_cut(node: WebNode) -> None:
    replies = talk(node.prefix.verify_socket, b"x" * 20_000, 2)
    assert json.loads(replies[0])["error"] == "too long" and replies[1] == b""


@pytest.mark.daemons
def test_more_than_it_can_check_are_told_so(node: WebNode) -> None:
    dear = PasswordHasher(time_cost=3, memory_cost=65_536, parallelism=1).hash("x")
    with ThreadPoolExecutor(100) as pool:
        replies = list(pool.map(lambda _: talk(node.prefix.verify_socket, question(dear, "x"), 1)[0], range(100)))
    decoded = [json.loads(reply) for reply in replies]
    assert {"ok": False, "error": "busy"} in decoded and {"ok": True} in decoded
    assert all(reply.get("error") == "busy" or reply["ok"] for reply in decoded)


@pytest.mark.daemons
def test_runs_as_its_own_user_and_admits_nginx_only(node: WebNode) -> None:
    process = node.processes[0]
    status = Path(f"/proc/{process.pid}/status").read_text()
    uid = pwd.getpwnam(VERIFY_USER).pw_uid
    assert f"Uid:\t{uid}\t{uid}\t{uid}" in status and "Groups:\t \n" in status
    assert oct(node.prefix.verify_socket.stat().st_mode & 0o777) == "0o660"
    assert oct(node.prefix.verify_socket.parent.stat().st_mode & 0o7777) == "0o2750"
    child = os.fork()
    if child == 0:
        os.setgid(1_000_001)
        os.setgroups([])
        os.setuid(1_000_001)
        with socket.socket(socket.AF_UNIX) as stranger:
            os._exit(0 if stranger.connect_ex(str(node.prefix.verify_socket)) else 1)
    assert os.waitpid(child, 0)[1] == 0
