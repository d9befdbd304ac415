"""The panel's key and certificate by the local authority (`python -m gasthof.bootstrap.panel_tls`), renewed when it is time."""

from pathlib import Path

from gasthof.agent.sdk import certificate
from gasthof.bootstrap.configuration import put
from gasthof.bootstrap.panel_nginx import NAMES
from gasthof.kernel.clock import SystemClock, WallClock
from gasthof.prefix import Prefix


def ensure(prefix: Prefix, clock: WallClock) -> bool:
    """True if a new one was made. The key is root's alone: nginx's master reads it."""
    folder = prefix.root / "panel" / "tls"
    key_path, certificate_path = folder / certificate.KEY, folder / certificate.CERTIFICATE
    now = clock.now()
    authority = certificate.load_authority(prefix.ca_key, prefix.ca_certificate)
    fact = certificate.inspect(_read(key_path), _read(certificate_path), prefix.ca_certificate.read_bytes(), now)
    if fact.current and fact.names == NAMES:
        return False
    key = certificate.new_key()
    put(key_path, certificate.key_pem(key).decode(), 0o600)
    put(certificate_path, certificate.give_out(authority, key, NAMES, now).decode(), 0o600)
    return True


def _read(path: Path) -> bytes:
    return path.read_bytes() if path.exists() else b""


if __name__ == "__main__":
    ensure(Prefix.current(), SystemClock())
