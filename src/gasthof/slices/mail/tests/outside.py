"""What is not this machine: a network of its own to call from, and a mail server elsewhere to send to."""

import contextlib
import re
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

IP = "/usr/bin/ip"


@dataclass(frozen=True)
class Outside:
    """A network namespace with an address, and the machine's own address as seen from there."""

    space: str
    address: str
    machine: str


@contextlib.contextmanager
def network() -> Iterator[Outside]:
    name, third, block = f"gm{secrets.token_hex(3)}", secrets.randbelow(254) + 1, 4 * secrets.randbelow(63)
    machine, address = f"10.213.{third}.{block + 1}", f"10.213.{third}.{block + 2}"
    _ip("netns", "add", name)
    try:
        _ip("link", "add", name, "type", "veth", "peer", "name", "eth0", "netns", name)
        _ip("address", "add", f"{machine}/30", "dev", name)
        _ip("link", "set", name, "up")
        _ip("-n", name, "address", "add", f"{address}/30", "dev", "eth0")
        _ip("-n", name, "link", "set", "eth0", "up")
        yield Outside(name, address, machine)
    finally:
        _ip("netns", "delete", name)


def _ip(*words: str) -> None:
    subprocess.run([IP, *words], check=True, capture_output=True)


@dataclass(frozen=True)
class Elsewhere:
    """A mail server that takes everything and knows no SMTPUTF8 (smtp-sink(1))."""

    port: int
    folder: Path

    def mails(self) -> list[bytes]:
        """With the envelope on top, as X-Mail-Args and X-Rcpt-Args."""
        return [path.read_bytes() for path in sorted(self.folder.iterdir())]

    def envelopes(self) -> set[tuple[str, str]]:
        """Each (sender, recipient) that came."""
        found = set()
        for mail in self.mails():
            sender = re.search(rb"^X-Mail-Args: <([^>]*)>", mail, re.M)
            for recipient in re.findall(rb"^X-Rcpt-Args: <([^>]*)>", mail, re.M):
                found.add((sender[1].decode() if sender else "", recipient.decode()))
        return found


@contextlib.contextmanager
def elsewhere(port: int) -> Iterator[Elsewhere]:
    folder = Path(tempfile.mkdtemp(prefix="gm-sink-", dir="/tmp"))
    shutil.chown(folder, "nobody")
    folder.chmod(0o755)
    line = ["/usr/sbin/smtp-sink", "-u", "nobody", "-d", f"{folder}/%M.", f"127.0.0.1:{port}", "64"]
    process = subprocess.Popen(line, cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield Elsewhere(port, folder)
    finally:
        process.kill()
        process.wait()
        shutil.rmtree(folder, ignore_errors=True)
