"""The process: `python -m gasthof.slices.cards.tryout`. Until TERM."""

import signal
import ssl
import threading

from gasthof.kernel.clock import SystemClock
from gasthof.prefix import Prefix
from gasthof.slices.cards.node.daemons import HOST
from gasthof.slices.cards.rules import keys_of
from gasthof.slices.cards.tryout.server import Server, tell
from gasthof.slices.cards.tryout.store import Store

PAUSE = 0.5  # seconds between two looks at what is to be told


def main() -> int:
    over = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: over.set())
    prefix, clock = Prefix.current(), SystemClock()
    port = prefix.ports["cards"]
    keys = keys_of((prefix.root / "panel" / "secret").read_text().strip())
    store = Store(prefix.root / "cards" / "network.db", clock, f"http://localhost:{port}")
    server = Server((HOST, port), store, keys)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    trust = ssl.create_default_context()
    trust.load_verify_locations(prefix.ca_certificate)  # the panel's own certificate in a try-out
    while not over.wait(PAUSE):
        tell(store, keys, clock, trust)
    server.shutdown()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
