"""Which certificate a client is shown: its mail name's own, as node/mail/tls/NAME holds it at that moment."""

import ssl
from dataclasses import dataclass
from pathlib import Path

from gasthof.agent.sdk.certificate import CERTIFICATE, KEY
from gasthof.slices.mail.node.sni import NAME

CIPHERS = "ECDHE+AESGCM:ECDHE+CHACHA20"  # those of the mail nginx (node/etc/nginx/front.conf)


@dataclass(frozen=True)
class Names:
    folder: Path

    def context(self) -> ssl.SSLContext:
        """For one handshake. Without a mail name, or with another host's, the machine's own certificate. OSError where that is missing."""
        context = _context(self.folder / "server")
        context.sni_callback = self._choose
        return context

    def _choose(self, handshake: ssl.SSLObject | ssl.SSLSocket, name: str | None, _first: ssl.SSLContext) -> int | None:
        if name is None or not NAME.fullmatch(name):
            return None
        try:
            handshake.context = _context(self.folder / name)
        except OSError:  # ssl.SSLError, too: nobody has that name
            return ssl.AlertDescription.ALERT_DESCRIPTION_UNRECOGNIZED_NAME
        return None


def _context(folder: Path) -> ssl.SSLContext:
    """Read anew each time: people change their filters too rarely for a cache to pay."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_RENEGOTIATION
    context.set_ciphers(CIPHERS)
    context.load_cert_chain(folder / CERTIFICATE, folder / KEY)
    return context
