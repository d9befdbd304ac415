"""Splitting the one access log: a piece is read, its lines are appended to their customers' logs, the journal moves on."""

import errno
import os
import sys
from pathlib import Path

from gasthof.slices.web.logsplit.journal import Journal, Mark
from gasthof.slices.web.logsplit.lines import by_customer, whole_lines
from gasthof.slices.web.logsplit.source import Source
from gasthof.slices.web.logsplit.targets import Targets

PIECE = 2**20  # bytes read at once; a line that is longer is nobody's
_FULL = (errno.ENOSPC, errno.EDQUOT)  # everybody's trouble: try the same piece again later


class Splitter:
    def __init__(self, source: Source, targets: Targets, journal: Journal) -> None:
        self._source, self._targets, self._journal = source, targets, journal

    def recover(self) -> None:
        """After a start or a failure: undo what was begun and not finished."""
        for mark in self._journal.unfinished():
            self._targets.cut(mark)
        self._journal.clear()
        self._source.settle_errors()
        if self._source.finished.exists():
            self._source.remove(self._journal)

    def step(self) -> bool:
        """Split one piece, at most. False: there was none. OSError: no place; call recover() and try again."""
        self._source.set_aside()
        self._source.set_errors_aside()
        path = self._source.current()
        if path is None:
            return False
        closed = self._source.released(path)  # asked before reading: what is read then is all that there will be
        if self._piece(path):
            return True
        if closed:
            self._source.remove(self._journal)
        elif path == self._source.old:
            self._source.reopen()
        return closed

    def _piece(self, path: Path) -> bool:
        with path.open("rb", buffering=0) as file:
            found = os.fstat(file.fileno())
            done = self._journal.done(found.st_ino)
            if done > found.st_size:
                done = 0  # somebody emptied it
            file.seek(done)
            piece = file.read(PIECE)
        length = whole_lines(piece) or (len(piece) if len(piece) == PIECE else 0)
        if length:
            self._distribute(by_customer(piece[:length]), found.st_ino, done + length)
        return bool(length)

    def _distribute(self, lines: dict[str, bytes], inode: int, done: int) -> None:
        marks = [mark for customer in lines if (mark := self._mark(customer))]
        self._journal.begin(marks)
        for mark in marks:
            self._append(mark, lines[mark.customer])
        self._journal.finish(inode, done)

    def _mark(self, customer: str) -> Mark | None:
        try:
            return self._targets.mark(customer)
        except FileNotFoundError:
            return None  # a customer that was deleted
        except OSError as error:
            _left_out(customer, error)
            return None

    def _append(self, mark: Mark, lines: bytes) -> None:
        try:
            self._targets.append(mark, lines)
        except OSError as error:
            _left_out(mark.customer, error)


def _left_out(customer: str, error: OSError) -> None:
    """One customer's trouble holds up nobody else's lines."""
    if error.errno in _FULL:
        raise error
    print(f"{customer}: {error}", file=sys.stderr, flush=True)  # noqa: T201 - the process' own log
