"""What is said before TLS (RFC 5804): nothing but that it is needed. Pure."""

from enum import Enum

from gasthof.slices.mail.node.sieve import EXTENSIONS

LONGEST_LINE = 1024  # bytes


class Then(Enum):
    """What comes after an answer."""

    MORE, TLS, END = range(3)


_CAPABILITIES = ("IMPLEMENTATION", "Gasthof"), ("SIEVE", " ".join(EXTENSIONS)), ("SASL", ""), ("VERSION", "1.0")
CAPABILITIES = "".join(f'"{name}" "{value}"\r\n' for name, value in _CAPABILITIES).encode() + b'"STARTTLS"\r\n'
GREETING = CAPABILITIES + b'OK "Ready."\r\n'
BUSY = b'BYE (TRYLATER) "Too many connections."\r\n'


def answer(line: bytes) -> tuple[bytes, Then]:
    """To a line as it was sent. What follows a line that announces a literal would be taken for commands: it ends the talk."""
    if line.rstrip().endswith(b"}"):
        return b'BYE (ENCRYPT-NEEDED) "Begin with STARTTLS."\r\n', Then.END
    match line.strip().upper():
        case b"STARTTLS":
            return b'OK "Begin TLS negotiation now."\r\n', Then.TLS
        case b"CAPABILITY":
            return CAPABILITIES + b'OK "Capability completed."\r\n', Then.MORE
        case b"NOOP":
            return b'OK "NOOP completed."\r\n', Then.MORE
        case b"LOGOUT":
            return b'OK "Logout completed."\r\n', Then.END
    return b'NO (ENCRYPT-NEEDED) "Begin with STARTTLS."\r\n', Then.MORE
