"""What processes listen on, out of /proc: ports by address, unix sockets by name."""

import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

STATES = {"tcp": "0A", "udp": "07"}  # listening; bound and not connected: proc(5), /proc/net/tcp


@dataclass(frozen=True, order=True)
class Listener:
    kind: str  # tcp or udp
    address: str
    port: int

    @property
    def url(self) -> str:
        """As PHP's stream_socket_client() takes it."""
        host = f"[{self.address}]" if ":" in self.address else self.address
        return f"{self.kind}://{host}:{self.port}"


def listeners(pids: set[int]) -> set[Listener]:
    """Every port these processes take connections or datagrams on."""
    inodes = _inodes(pids)
    return {
        Listener(kind, _address(address), int(port, 16))
        for kind, state in STATES.items()
        for table in (kind, f"{kind}6")
        for fields in _rows(table)
        for address, _, port in [fields[1].partition(":")]
        if fields[3] == state and fields[9] in inodes
    }


def unix_sockets(pids: set[int] | None = None) -> set[str]:
    """Names that unix sockets of these processes (of all) are bound to: a path, or @ and an abstract name."""
    inodes = None if pids is None else _inodes(pids)
    lines = (line.split(maxsplit=7) for line in Path("/proc/net/unix").read_text("utf-8", "replace").splitlines()[1:])
    return {fields[7] for fields in lines if len(fields) == 8 and (inodes is None or fields[6] in inodes)}


def family(pid: int) -> set[int]:
    """A process and all that came from it."""
    found, parents = {pid}, {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                parents[int(folder.name)] = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue
    while more := {child for child, parent in parents.items() if parent in found} - found:
        found |= more
    return found


def _rows(table: str) -> Iterator[list[str]]:
    path = Path(f"/proc/net/{table}")
    return (line.split() for line in path.read_text().splitlines()[1:]) if path.exists() else iter(())


def _inodes(pids: set[int]) -> set[str]:
    targets = (target for pid in pids for target in _open_files(pid))
    return {target[8:-1] for target in targets if target.startswith("socket:[")}


def _open_files(pid: int) -> list[str]:
    found = []
    try:
        for link in Path(f"/proc/{pid}/fd").iterdir():
            found.append(str(link.readlink()))
    except OSError:
        pass  # it has ended, or closed that one
    return found


def _address(text: str) -> str:
    raw = b"".join(bytes.fromhex(text[start : start + 8])[::-1] for start in range(0, len(text), 8))
    return socket.inet_ntop(socket.AF_INET if len(raw) == 4 else socket.AF_INET6, raw)
