"""What Dovecot 2.3 is told instead of what Postfix says: domains as A-labels, and no SMTPUTF8, which it does not know. Pure."""

import re
from dataclasses import dataclass

import idna

PATH = re.compile(rb"(?i:(MAIL FROM|RCPT TO)):\s*<([^<>\r\n]*)>((?: [^\s<>]+)*)\s*")
FIRST_HEADER = re.compile(rb"Received: [^\n]*\n(?:[ \t][^\n]*\n)*")
# Postfix puts that header on top (RFC 5321 section 4.4). A client chooses host names in it, never where a line begins.
QUEUE_ID = re.compile(rb"(?:by \S+ \(Postfix\) (?:with \S+ )?)?id ([0-9A-Za-z]{6,40})(?:[;\s]|\Z)")


@dataclass(frozen=True)
class Path:
    """An address out of a command; b"" is the empty sender."""

    address: bytes
    parameters: tuple[bytes, ...]


def parsed(command: bytes) -> Path | None:
    """MAIL FROM:<...> or RCPT TO:<...> with parameters; None for anything else."""
    found = PATH.fullmatch(command)
    return Path(found[2], tuple(found[3].split())) if found else None


def plain(path: Path) -> Path:
    """What Dovecot takes. A sender whose local part is not ASCII becomes the empty one: no answer could be sent to it either."""
    kept = tuple(each for each in path.parameters if each.upper() != b"SMTPUTF8")
    return Path(ascii_address(path.address), kept)


def ascii_address(address: bytes) -> bytes:
    """With its domain as A-labels; b"" where that does not make it ASCII."""
    local, at, domain = address.rpartition(b"@")
    if address.isascii():
        return address
    try:
        return local + at + idna.encode(domain.decode("utf-8"), uts46=True) if local.isascii() else b""
    except (idna.IDNAError, UnicodeDecodeError):
        return b""


def spelled(line: bytes) -> bytes:
    """A command of SMTP with its address' domain as A-labels; b"" where nothing is to be changed, or where it cannot."""
    path = parsed(line)
    if not path or path.address.isascii():
        return b""
    local, at, domain = path.address.rpartition(b"@")
    try:
        found = local + at + idna.encode(domain.decode("utf-8"), uts46=True)
    except (idna.IDNAError, UnicodeDecodeError):
        return b""
    verb = line[: line.index(b":")]
    return command(verb, Path(found, path.parameters)).rstrip() if found != path.address else b""


def command(verb: bytes, path: Path) -> bytes:
    return b" ".join([verb + b":<" + path.address + b">", *path.parameters]) + b"\r\n"


def queue_id(start: bytes) -> str:
    """Postfix' name of the message, out of its first header; "" where there is none."""
    header = FIRST_HEADER.match(start)
    lines = header[0].splitlines()[1:] if header else []
    found = [known[1].decode() for line in lines if (known := QUEUE_ID.match(line.strip()))]
    return found[0] if found else ""
