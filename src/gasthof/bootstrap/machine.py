"""The machine's process table and its listening ports, out of /proc. Processes that end meanwhile are left out."""

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

PROC = Path("/proc")
LISTEN = "0A"  # TCP_LISTEN in the kernel's include/net/tcp_states.h


@dataclass(frozen=True)
class Process:
    pid: int
    parent: int
    session: int
    uid: int
    command: str  # arguments joined by blanks
    state: str = "S"  # one letter, proc(5)


def process(pid: int) -> Process | None:
    """One process, or None when there is none (a zombie counts as none)."""
    folder = PROC / str(pid)
    try:
        # The name in brackets may hold blanks and brackets itself: what follows the last one counts.
        fields = (folder / "stat").read_text("utf-8", "replace").rpartition(")")[2].split()
        command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace").strip()
        uid = folder.stat().st_uid
    except (FileNotFoundError, ProcessLookupError):
        return None
    if fields[0] in "ZX":
        return None
    return Process(pid, int(fields[1]), int(fields[3]), uid, command, fields[0])


def processes() -> list[Process]:
    """Every process that can be seen from here."""
    found = (process(int(entry.name)) for entry in PROC.iterdir() if entry.name.isdigit())
    return [one for one in found if one]


def descendants(pid: int, table: list[Process]) -> list[Process]:
    """The process and all that it started, in the table's words."""
    wanted = {pid}
    while True:
        more = {one.pid for one in table if one.parent in wanted} - wanted
        if not more:
            return [one for one in table if one.pid in wanted]
        wanted |= more


def memory(pid: int) -> int:
    """Bytes: the proportional share where the kernel tells it, else the resident size. 0 for a process that has ended."""
    try:
        for line in (PROC / str(pid) / "smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
        return int((PROC / str(pid) / "statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")
    except OSError:
        return 0


def listening(port: int) -> list[tuple[str, int]]:
    """(address as the kernel writes it, inode) of each TCP socket that listens on the port."""
    found = []
    for table in ("tcp", "tcp6"):
        path = PROC / "net" / table
        for line in path.read_text().splitlines()[1:] if path.exists() else ():
            fields = line.split()
            address, _, number = fields[1].partition(":")
            if fields[3] == LISTEN and int(number, 16) == port:
                found.append((address, int(fields[9])))
    return found


def readable(address: str) -> str:
    """An address of `listening` as people write it: the kernel shows words of 32 bits, each in the machine's order."""
    words = (int(address[at : at + 8], 16) for at in range(0, len(address), 8))
    return str(ip_address(b"".join(word.to_bytes(4, sys.byteorder) for word in words)))


def holder(port: int) -> Process | None:
    """Who listens on the port: the oldest of the processes that hold the socket, as far as they can be seen."""
    sockets = {f"socket:[{inode}]" for _, inode in listening(port)}
    pids = [pid for pid in _pids() if sockets and not sockets.isdisjoint(_open_files(pid))]
    return next(filter(None, map(process, sorted(pids))), None)


def _pids() -> Iterator[int]:
    return (int(entry.name) for entry in PROC.iterdir() if entry.name.isdigit())


def _open_files(pid: int) -> Iterator[str]:
    try:
        for entry in (PROC / str(pid) / "fd").iterdir():
            yield str(entry.readlink())
    except OSError:
        return
