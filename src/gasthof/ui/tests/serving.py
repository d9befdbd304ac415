"""The panel over HTTP in this process, for a browser: with other routes, and without a database where none is needed."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
from django.core.wsgi import get_wsgi_application
from django.test import override_settings


class Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Tests look at answers, not at lines."""


@contextmanager
def served(urlconf: str) -> Iterator[str]:
    """The address, without a slash at the end."""
    with override_settings(ROOT_URLCONF=urlconf):
        server = ThreadedWSGIServer(("127.0.0.1", 0), Quiet)
        server.set_app(StaticFilesHandler(get_wsgi_application()))
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://localhost:{server.server_address[1]}"
        finally:
            server.shutdown()
            server.server_close()
            thread.join()
