"""How long a server may keep the agent waiting: the agent has one thread, and all customers' changes go through it.

A statement that a client no longer waits for is carried on by both servers; who asks again finds it done, or still at it.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from time import monotonic
from typing import TypeVar

from gasthof.agent.sdk.ask import Away, Reply

QUICK = 2.0  # seconds for a statement when facts are gathered, or something is asked for
PATIENT = 30.0  # for one of those that carry contents in and out, in a process of their own
BATCH = 1.0  # seconds after which nothing more is begun that was asked for in one go
REST = 15.0  # seconds that a server which hangs is left alone

Session = TypeVar("Session")


class Slow(Away):
    """The server took a statement and did not answer in time."""


class Busy(RuntimeError):
    """Not now: somebody holds what it needs. The same may be asked again soon."""


_resting: dict[Path, float] = {}  # socket -> until when


def check(socket: Path, seconds: float) -> None:
    """Away for a server that hung a moment ago, unless the caller has time."""
    if seconds <= QUICK and monotonic() < _resting.get(socket, 0.0):
        raise Away(f"{socket}: did not answer in time a moment ago")


def note(socket: Path, since: float) -> None:
    """It did not answer. One that says so at once may be asked again at once."""
    if monotonic() - since > QUICK / 2:
        _resting[socket] = monotonic() + REST


def forget() -> None:
    """Ask all servers again."""
    _resting.clear()


def in_turn(
    enter: Callable[[], AbstractContextManager[Session]],
    act: Callable[[Session, str], None],
    arguments: Sequence[str],
    late: set[str],
) -> dict[str, Reply]:
    """Each argument by itself, for BATCH seconds; what was too slow before (`late`, which is kept here) comes last.

    Away from `enter` is about all of them.
    """
    replies: dict[str, Reply] = {}
    until = monotonic() + BATCH
    left = sorted(arguments, key=lambda one: one in late)
    while left and (monotonic() < until or not replies):
        _some(enter, act, left, until, replies)
    late.difference_update(arguments)
    late.update(one for one, reply in replies.items() if reply.working)
    return dict.fromkeys(left, Reply(working=True)) | replies


def _some(
    enter: Callable[[], AbstractContextManager[Session]],
    act: Callable[[Session, str], None],
    left: list[str],
    until: float,
    replies: dict[str, Reply],
) -> None:
    """As many as there is time for, in one session; it ends with the first that is too slow."""
    with enter() as session:
        while left and (monotonic() < until or not replies):
            one = left.pop(0)
            try:
                replies[one] = _reply(act, session, one)
            except Slow:
                replies[one] = Reply(working=True)
                return


def _reply(act: Callable[[Session, str], None], session: Session, argument: str) -> Reply:
    try:
        act(session, argument)
    except Away:
        raise
    except Busy:
        return Reply(working=True)
    except Exception as error:
        return Reply(error=f"{error}" or type(error).__name__)
    return Reply()
