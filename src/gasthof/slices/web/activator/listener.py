"""The listening sockets: made so that nginx alone may connect, and taken over from living masters."""

import grp
import os
import select
import socket
import stat
from pathlib import Path

from gasthof.prefix import WEB_USER
from gasthof.slices.web.activator import kernel

BACKLOG = 1024
NUMBER = 9  # the descriptor under which every master holds its listener
LONGEST = 107  # unix(7): sun_path, without its final NUL


def listen(path: Path) -> socket.socket:
    """A new listener at the path, 0660 root:gasthof-web, in the place of whatever socket was there.

    It is made beside and moved in, so that nobody meets it with other rights, and a running master's visitors never find none.
    OSError: the path is too long, or the folder cannot be made.
    """
    beside = _beside(path)
    if len(os.fsencode(beside)) > LONGEST:
        raise OSError(f"{path}: the path is too long for a socket; choose a shorter prefix")
    _folder(path.parent)
    beside.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        listener.bind(str(beside))
        os.chown(beside, 0, grp.getgrnam(WEB_USER).gr_gid)
        beside.chmod(0o660)
        listener.listen(BACKLOG)
        beside.rename(path)
    except BaseException:
        listener.close()
        raise
    return listener


def take_over(pidfd: int, path: Path) -> socket.socket:
    """The listener of a living master. OSError: it is gone, or not the socket that it should be.

    The master belongs to the customer, so what it holds is looked at before it is believed.
    """
    taken = socket.socket(fileno=kernel.take_descriptor(pidfd, NUMBER))
    if not path.is_socket() or not _is_listener(taken, path):
        taken.close()
        raise OSError(f"{path}: its master no longer holds the listener")
    return taken


def refuse_waiting(listener: socket.socket) -> int:
    """Closes every connection that waits, so that nginx answers at once. Only while no master runs. Returns how many."""
    refused = 0
    listener.setblocking(False)
    try:
        while True:
            listener.accept()[0].close()
            refused += 1
    except OSError:  # nobody waits any more; or no file can be opened, and whoever waits goes on waiting
        return refused
    finally:
        listener.setblocking(True)  # the flag is shared with the master to come, which wants to wait


def shut_down(listener: socket.socket) -> bool:
    """Whether somebody has: workers hold it too, and a customer's program may do with it what it likes."""
    return bool(_state(listener) & (select.POLLHUP | select.POLLRDHUP))


def awaited(listener: socket.socket) -> bool:
    """Whether somebody waits in it to be accepted."""
    state = _state(listener)
    return bool(state & select.POLLIN) and not state & select.POLLHUP


def _state(listener: socket.socket) -> int:
    looked = select.poll()  # select() knows descriptors below 1,024 only
    looked.register(listener, select.POLLIN | select.POLLRDHUP)
    return next((events for _, events in looked.poll(0)), 0)


def _is_listener(taken: socket.socket, path: Path) -> bool:
    mode = os.fstat(taken.fileno()).st_mode
    if not stat.S_ISSOCK(mode) or taken.family != socket.AF_UNIX or taken.type != socket.SOCK_STREAM:
        return False
    listening = taken.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
    return bool(listening) and taken.getsockname() in {str(path), str(_beside(path))}


def _beside(path: Path) -> Path:
    return path.with_name(path.name + ".new")


def _folder(path: Path) -> None:
    group = grp.getgrnam(WEB_USER).gr_gid
    for folder in (path.parent, path):
        folder.mkdir(mode=0o750, parents=True, exist_ok=True)
        os.chown(folder, 0, group)
        folder.chmod(0o750)
