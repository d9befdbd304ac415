"""By what SFTP clients know the server: fingerprints as OpenSSH writes them (RFC 4648 base64 of SHA-256 of RFC 4253's key)."""

import base64
from hashlib import sha256

from cryptography.hazmat.primitives import serialization

from gasthof.agent.sdk import certificate, read
from gasthof.prefix import Prefix
from gasthof.slices.ftp.node import configuration


def fingerprints(prefix: Prefix) -> list[str]:
    """For each key the algorithm, a space, and its fingerprint: "ecdsa-sha2-nistp256 SHA256:..."; none before there is a key."""
    key = certificate.load_key(read.file(configuration.ssh_folder(prefix) / certificate.KEY)[1])
    if key is None:
        return []
    public = key.public_key().public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
    algorithm, blob = public.split()[:2]
    digest = base64.b64encode(sha256(base64.b64decode(blob)).digest()).rstrip(b"=")
    return [f"{algorithm.decode()} SHA256:{digest.decode()}"]
