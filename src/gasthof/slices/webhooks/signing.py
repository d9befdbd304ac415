"""Secrets and signatures as the Standard Webhooks convention has them: standardwebhooks.com, version 1.0.0."""

import base64
import hmac
import secrets
from collections.abc import Iterable

MARK = "whsec_"  # begins each secret, so that searches for lost ones find it
BYTES = 32


def new_secret() -> str:
    return MARK + base64.b64encode(secrets.token_bytes(BYTES)).decode("ascii")


def headers(uid: str, seconds: int, body: bytes, keys: Iterable[str]) -> dict[str, str]:
    """A signature by each secret: whoever checks takes one that fits. `seconds` since 1970."""
    signed = b".".join((uid.encode("ascii"), str(seconds).encode("ascii"), body))
    found = (hmac.digest(base64.b64decode(key.removeprefix(MARK)), signed, "sha256") for key in keys)
    return {
        "webhook-id": uid,
        "webhook-timestamp": str(seconds),
        "webhook-signature": " ".join(f"v1,{base64.b64encode(each).decode('ascii')}" for each in found),
    }
