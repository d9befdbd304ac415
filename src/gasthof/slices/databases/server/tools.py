"""The servers' own clients, for dumps: run as a user that owns nothing, since what they read was written by customers."""

import re
import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from gasthof.slices.databases.node.places import DUMP_USER
from gasthof.slices.databases.server.making import ENVIRONMENT

LONGEST_WORDS = 2000
DEFINER = re.compile(
    rb"^(/\*!50013 |/\*!50003 CREATE\*/ /\*!50017 |CREATE )DEFINER=`(?:[^`]|``)*`@`(?:[^`]|``)*`(?=\*/ | SQL SECURITY | PROCEDURE | FUNCTION | PACKAGE )"
)


def dump(command: Sequence[str], secrets: Mapping[str, str], out: Path) -> None:
    """What the tool says goes into a file of root's. RuntimeError with its words when it fails."""
    out.touch(0o600)
    with out.open("wb") as target:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=target, stderr=subprocess.PIPE, check=False, cwd="/",
            env={**ENVIRONMENT, **secrets}, user=DUMP_USER, group=DUMP_USER, extra_groups=[],
        )  # fmt: skip
    _judge(command, done.returncode, done.stderr)


def load(command: Sequence[str], secrets: Mapping[str, str], parts: Iterable[bytes]) -> None:
    """The tool is given these bytes. RuntimeError with its words when it fails."""
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, cwd="/",
        env={**ENVIRONMENT, **secrets}, user=DUMP_USER, group=DUMP_USER, extra_groups=[],
    )  # fmt: skip
    with process, _ended(process):
        assert process.stdin and process.stderr
        try:
            for part in parts:
                process.stdin.write(part)
            process.stdin.close()
        except BrokenPipeError:  # its words say why
            pass
        words = process.stderr.read()
    _judge(command, process.returncode, words)


@contextmanager
def _ended(process: "subprocess.Popen[bytes]") -> Iterator[None]:
    try:
        yield
    except BaseException:
        process.kill()
        raise


def _judge(command: Sequence[str], code: int, words: bytes) -> None:
    if code:
        said = words.decode("utf-8", "replace").strip()[-LONGEST_WORDS:]
        raise RuntimeError(f"{Path(command[0]).name}: {said or f'ended with {code}'}")


def redefined(lines: IO[bytes]) -> Iterator[bytes]:
    """A dump of MariaDB's whose views, triggers and routines act as the one who loads it: who defined them may be gone."""
    return (DEFINER.sub(rb"\1DEFINER=CURRENT_USER", line) if b"DEFINER=" in line[:60] else line for line in lines)


def pieces(source: IO[bytes]) -> Iterator[bytes]:
    while part := source.read(1024 * 1024):
        yield part
