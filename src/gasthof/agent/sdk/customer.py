"""Acting as a customer: the thread's file system uid and gid are the customer's, and so are its rights.

The kernel takes root's powers over files away with the uid (capabilities(7), "Effect of user ID changes on capabilities"), so a
path that a customer plays with can reach no more than that customer. Why not a forked child: docs/decisions/0003-agent-steps.md.
"""

import ctypes
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

LIBC = ctypes.CDLL(None, use_errno=True)
LOWEST = 1000  # uids below it are the machine's own
ASK = -1  # setfsuid(2): an id that cannot be set; the answer is the one in force


class NotTheCustomer(RuntimeError):
    """The kernel did not let the thread become that customer; nothing was done."""


def forget_groups() -> None:
    """At the agent's start: no supplementary group of root's may lend a customer its rights. For all threads."""
    os.setgroups([])


@contextmanager
def acting_as(uid: int) -> Iterator[None]:
    """File work within is done as uid:uid, with the modes asked for. Raises NotTheCustomer; never continues as root."""
    if uid < LOWEST or os.getgroups():
        raise NotTheCustomer(f"will not act as uid {uid} with groups {os.getgroups()}")
    mask = os.umask(0)
    try:
        _become(uid)
        yield
    finally:
        _become(os.geteuid(), back=True)
        os.umask(mask)


def _become(uid: int, *, back: bool = False) -> None:
    LIBC.setfsgid(uid)
    LIBC.setfsuid(uid)
    if LIBC.setfsuid(ASK) == uid and LIBC.setfsgid(ASK) == uid:
        return
    if back:  # a half-changed agent must not go on
        sys.exit("the agent could not become root again")
    raise NotTheCustomer(f"could not act as uid {uid}")
