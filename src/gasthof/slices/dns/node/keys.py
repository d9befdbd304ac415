"""The key that signs a zone, born on the node: made, kept in PowerDNS' form, and its DS records."""

from base64 import b64decode, b64encode
from hashlib import sha256
from re import search

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

ALGORITHM = 13  # ECDSA P-256 with SHA-256, RFC 6605
DIGEST = 2  # SHA-256, RFC 4509
FLAGS = 257  # one key signs all: zone key, secure entry point (RFC 4034 section 2.1.1)
NUMBER = 1  # in PowerDNS


def new_key() -> str:
    """A private key in the form that PowerDNS and BIND read."""
    number = ec.generate_private_key(ec.SECP256R1()).private_numbers().private_value
    encoded = b64encode(number.to_bytes(32, "big")).decode()
    return f"Private-key-format: v1.2\nAlgorithm: {ALGORITHM} (ECDSAP256SHA256)\nPrivateKey: {encoded}\n"


def usable(text: str) -> bool:
    """Whether it is a key that `new_key` could have made."""
    try:
        return len(_public(text)) == 64
    except ValueError:
        return False


def ds(zone: str, text: str) -> str:
    """The DS record's content for the zone above: tag, algorithm, digest type, digest (RFC 4034 section 5.1)."""
    data = FLAGS.to_bytes(2, "big") + bytes([3, ALGORITHM]) + _public(text)
    wire = b"".join(bytes([len(label)]) + label for label in zone.encode().split(b".")) + b"\0"
    return f"{_tag(data)} {ALGORITHM} {DIGEST} {sha256(wire + data).hexdigest()}"


def _public(text: str) -> bytes:
    """RFC 6605 section 4: x and y. ValueError for what is no key."""
    found = search(r"(?m)^PrivateKey: ([A-Za-z0-9+/=]+)$", text)
    if not found:
        raise ValueError("no private key")
    key = ec.derive_private_key(int.from_bytes(b64decode(found[1]), "big"), ec.SECP256R1())
    return key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)[1:]


def _tag(data: bytes) -> int:
    """RFC 4034 appendix B."""
    total = sum(byte << 8 if place % 2 == 0 else byte for place, byte in enumerate(data))
    return (total + (total >> 16)) & 0xFFFF
