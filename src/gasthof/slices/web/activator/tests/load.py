"""Visitors in the background of a test."""

import threading
from collections.abc import Callable


class Load:
    """Visitors, one after the other in several threads, until stopped; every failure is kept."""

    def __init__(
        self, request: Callable[[], None], threads: int = 3, pause: Callable[[], float] = lambda: 0.001
    ) -> None:
        self.done, self.failed, self._stop = 0, [], threading.Event()  # type: ignore[var-annotated]
        self._threads = [threading.Thread(target=self._visit, args=(request, pause)) for _ in range(threads)]

    def _visit(self, request: Callable[[], None], pause: Callable[[], float]) -> None:
        while not self._stop.is_set():
            try:
                request()
                self.done += 1
            except (OSError, AssertionError) as error:
                self.failed.append(repr(error))
            self._stop.wait(pause())

    def __enter__(self) -> "Load":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()
