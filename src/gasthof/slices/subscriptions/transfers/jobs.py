"""Long work, a few at a time, asked after until it is done."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import RLock
from traceback import print_exception

AT_ONCE = 2  # so that one that takes hours does not hold up all others


class Jobs:
    """A job's name begins with the export's, and the work can bear to be done again."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(AT_ONCE, "transfer")
        self._lock = RLock()  # a callback may come within `begin`
        self._jobs: dict[str, Future[None]] = {}

    def busy(self, export: str, besides: str = "") -> bool:
        """Whether something of this export is waiting or under way."""
        with self._lock:
            return any(
                name.split("/")[0] == export and name != besides and not job.done() for name, job in self._jobs.items()
            )

    def ended(self, name: str) -> bool:
        """Whether it neither waits nor is under way; how it ended is forgotten."""
        with self._lock:
            job = self._jobs.get(name)
            if job is not None and not job.done():
                return False
            self._jobs.pop(name, None)
            return True

    def begin(self, name: str, work: Callable[[], None]) -> str | None:
        """None: it is waiting or under way, now at the latest. Words: it had failed, for this reason, and is forgotten."""
        with self._lock:
            job = self._jobs.get(name)
            if job is None:
                self._jobs[name] = job = self._pool.submit(work)
                job.add_done_callback(lambda done: self._done(name, done))
            if not job.done():
                return None
            error = job.exception()
            self._jobs.pop(name, None)
            return f"{error}" or type(error).__name__ if error else None

    def _done(self, name: str, job: Future[None]) -> None:
        """What went well is forgotten: the disk shows it."""
        if error := job.exception():
            print_exception(error)
            return
        with self._lock:
            self._jobs.pop(name, None)
