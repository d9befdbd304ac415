"""From the activator to a customer's php-fpm: one fork, and step by step less power until nothing is left to give up."""

import fcntl
import os
import resource
import signal
from dataclasses import dataclass
from pathlib import Path

from gasthof.prefix import Prefix
from gasthof.slices.web.activator import callfilter, kernel
from gasthof.slices.web.activator.listener import NUMBER
from gasthof.slices.web.activator.machine import Machine
from gasthof.slices.web.activator.records import Record
from gasthof.slices.web.activator.room import PROGRAMS, Room
from gasthof.slices.web.node.pool import Pool, conf_path

GIB = 2**30
LIMITS = {  # soft, hard (setrlimit(2)); processes come from the pool
    resource.RLIMIT_AS: (2 * GIB, 2 * GIB),
    resource.RLIMIT_CORE: (0, 0),
    resource.RLIMIT_FSIZE: (16 * GIB, 16 * GIB),
    resource.RLIMIT_MEMLOCK: (65536, 65536),
    resource.RLIMIT_MSGQUEUE: (65536, 65536),
    resource.RLIMIT_NOFILE: (1024, 4096),
    resource.RLIMIT_SIGPENDING: (256, 256),
}
SPARE_PROCESSES = 64  # beside the workers: what PHP's exec() starts
HIGHEST_CAPABILITY = Path("/proc/sys/kernel/cap_last_cap")


@dataclass(frozen=True)
class Launch:
    """All that one start needs."""

    prefix: Prefix
    machine: Machine
    pool: Pool
    binary: Path
    records: Path  # the folder where the new master writes its number
    words: int  # a descriptor of last_words.paper()


class Launcher:
    """Forks masters. Each is the first process of a process namespace where there are such: all of it ends when it does."""

    def __init__(self, machine: Machine) -> None:
        self._separate = machine.processes
        self._own = os.open("/proc/self/ns/pid", os.O_RDONLY)

    def start(self, launch: Launch, listener: int) -> int:
        """The new master's process number. OSError: it cannot be forked."""
        if self._separate:
            kernel.unshare(kernel.CLONE_NEWPID)  # of the children to come, not of this process
        try:
            child = os.fork()
            if child == 0:
                _become_master(launch, listener)
            return child
        finally:
            if self._separate:
                kernel.enter_namespace(self._own, kernel.CLONE_NEWPID)


def _become_master(launch: Launch, listener: int) -> None:
    """Does not return. Why it failed stands in launch.words."""
    try:
        _streams(launch, listener)
        _reset_signals()
        _register(launch)
        _separate(launch)
        _limit(launch.pool)
        _renounce(launch)
        _execute(launch)
    except BaseException as error:  # a forked child must never come back into the activator's loop
        os.write(2, f"{error}\n".encode())
    finally:
        os._exit(70)


def _streams(launch: Launch, listener: int) -> None:
    os.setsid()
    silence = os.open(os.devnull, os.O_RDONLY)
    listener, silence, words = (_above(number) for number in (listener, silence, launch.words))
    for source, target in ((silence, 0), (words, 1), (words, 2), (listener, NUMBER)):
        os.dup2(source, target)
    os.closerange(3, NUMBER)
    os.closerange(NUMBER + 1, resource.getrlimit(resource.RLIMIT_NOFILE)[0])


def _above(descriptor: int) -> int:
    """The same file under a number that none of the final ones can overwrite."""
    return fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, NUMBER + 1)


def _reset_signals() -> None:
    for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
        if signal.getsignal(number) not in (None, signal.SIG_DFL):
            signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, set())


def _register(launch: Launch) -> None:
    """Writes who this is, before a customer's code can run: an activator that starts anew finds every master.

    Until it is written, the activator's death takes this process along; nobody would know of it.
    """
    kernel.prctl(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)
    me = int(Path("/proc/self").readlink().name)  # getpid() tells the number in the new namespace
    Record.of(launch.records, launch.pool.key, me).write()
    kernel.prctl(kernel.PR_SET_PDEATHSIG, 0)


def _separate(launch: Launch) -> None:
    machine, prefix = launch.machine, launch.prefix
    if machine.memory:
        kernel.unshare(kernel.CLONE_NEWIPC)
    if machine.rooms:
        kernel.unshare(kernel.CLONE_NEWNS)
        os.umask(0o022)  # the room's own folders are for the customer to enter
        room = Room(
            stage=prefix.run / "activator" / "room",
            root=prefix.root,
            home=prefix.home(launch.pool.subscription),
            shown=(conf_path(prefix, launch.pool.key), *_build_folder(launch.binary)),
        )
        room.build(own_processes=machine.processes)
    else:
        os.chdir("/")


def _build_folder(binary: Path) -> tuple[Path, ...]:
    """What to show of a registered build: /usr is shown anyway, elsewhere the folder that holds bin/ or sbin/."""
    if any(binary.is_relative_to(folder) for folder in PROGRAMS):
        return ()
    return (binary.parent.parent if binary.parent.name in ("bin", "sbin") else binary.parent,)


def _limit(pool: Pool) -> None:
    for kind, limits in LIMITS.items():
        resource.setrlimit(kind, limits)
    processes = 2 * pool.max_children + SPARE_PROCESSES
    resource.setrlimit(resource.RLIMIT_NPROC, (processes, processes))


def _renounce(launch: Launch) -> None:
    for capability in range(_capabilities()):
        kernel.prctl(kernel.PR_CAPBSET_DROP, capability)
    uid = launch.pool.uid
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)
    os.umask(0o027)
    kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)
    if launch.machine.calls:
        callfilter.install()


def _capabilities() -> int:
    return int(HIGHEST_CAPABILITY.read_text()) + 1


def _execute(launch: Launch) -> None:
    pool, prefix = launch.pool, launch.prefix
    environment = {
        "FPM_SOCKETS": f"{prefix.php_socket(pool.version, pool.subscription)}={NUMBER}",
        "PATH": "/usr/bin:/bin",
        "TMPDIR": str(prefix.home(pool.subscription) / "tmp"),
    }
    os.execve(launch.binary, [str(launch.binary), "-F", "-y", str(conf_path(prefix, pool.key))], environment)  # noqa: S606
