"""The servers' own clients, for dumps: run as a user that owns nothing, since what they read was written by customers."""

import re
import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from signal import SIGKILL
from threading import Timer
from time import monotonic
from typing import IO

from gasthof.slices.databases.node.places import DUMP_USER
from gasthof.slices.databases.server.making import ENVIRONMENT

LONGEST_WORDS = 2000
LONGEST = 6 * 3600.0  # seconds; as long as files may take
DEFINER = re.compile(
    rb"^(/\*!50013 |/\*!50003 CREATE\*/ /\*!50017 |CREATE )DEFINER=`(?:[^`]|``)*`@`(?:[^`]|``)*`(?=\*/ | SQL SECURITY | PROCEDURE | FUNCTION | PACKAGE )"
)


def dump(command: Sequence[str], secrets: Mapping[str, str], out: Path) -> None:
    """What the tool says goes into a file of root's. RuntimeError with its words when it fails."""
    out.touch(0o600)
    try:
        with out.open("wb") as target:
            done = subprocess.run(
                command, stdin=subprocess.DEVNULL, stdout=target, stderr=subprocess.PIPE, check=False, cwd="/", timeout=LONGEST,
                env={**ENVIRONMENT, **secrets}, user=DUMP_USER, group=DUMP_USER, extra_groups=[],
            )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise _too_long(command) from error
    _judge(command, done.returncode, done.stderr)


def load(command: Sequence[str], secrets: Mapping[str, str], parts: Iterable[bytes]) -> None:
    """The tool is given these bytes. RuntimeError with its words when it fails."""
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, cwd="/",
        env={**ENVIRONMENT, **secrets}, user=DUMP_USER, group=DUMP_USER, extra_groups=[],
    )  # fmt: skip
    began = monotonic()
    with process, _ended(process):
        assert process.stdin and process.stderr
        try:
            for part in parts:
                process.stdin.write(part)
            process.stdin.close()
        except BrokenPipeError:  # its words say why
            pass
        words = process.stderr.read()
    if process.returncode == -SIGKILL and monotonic() - began >= LONGEST:
        raise _too_long(command)
    _judge(command, process.returncode, words)


@contextmanager
def _ended(process: "subprocess.Popen[bytes]") -> Iterator[None]:
    """When its time is over, or its work goes wrong here."""
    timer = Timer(LONGEST, process.kill)
    timer.daemon = True
    timer.start()
    try:
        yield
    except BaseException:
        process.kill()
        raise
    finally:
        timer.cancel()


def _too_long(command: Sequence[str]) -> RuntimeError:
    return RuntimeError(f"{Path(command[0]).name}: took longer than {LONGEST:.0f} seconds")


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
