"""All pools of a node: who listens, whose master runs, who waits. Starts, ends and replaces masters; never accepts for them."""

import os
import sys
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from gasthof.prefix import Prefix
from gasthof.slices.web.activator import last_words
from gasthof.slices.web.activator.builds import installed_versions
from gasthof.slices.web.activator.entry import Entry
from gasthof.slices.web.activator.launch import Launch, Launcher
from gasthof.slices.web.activator.listener import listen, refuse_waiting, shut_down, take_over
from gasthof.slices.web.activator.loop import HUNG_UP, Loop
from gasthof.slices.web.activator.machine import Machine
from gasthof.slices.web.activator.master import Master
from gasthof.slices.web.activator.records import Record, living
from gasthof.slices.web.node.pool import Pool, json_path, parse_key, parse_pool

SWEEP = 2.0  # seconds; shorter than a worker's idle time (node/pool.py), so that no use of a pool is overlooked
QUICK_DEATH = 2.0  # seconds; a master that ends sooner by itself has failed
LONGEST_PAUSE = 60.0  # seconds between two tries of a pool that fails
LONGEST_REQUEST = 630.0  # seconds; php-fpm ends one after 600 (node/pool.py)
QUICK_LOOK = 0.02  # seconds between the first looks at a master that is to end
GRACE = 5.0  # seconds that running requests have whose pool is dropped, or was spoiled by its own customer


class House:
    def __init__(
        self, prefix: Prefix, loop: Loop, machine: Machine, *, masters: int, idle: float, sweep: float
    ) -> None:
        """masters: how many may run at once; idle: seconds without a worker after which one is ended; sweep: between looks."""
        self.prefix, self.machine = prefix, machine
        self._loop, self._most, self._idle, self._pause = loop, masters, idle, sweep
        self._launcher = Launcher(machine)
        self._entries: dict[str, Entry] = {}
        self._masters: set[Master] = set()
        self._waiting: OrderedDict[str, None] = OrderedDict()  # wanted, but as many masters run as may
        self._records = prefix.run / "activator" / "masters"

    def open(self) -> None:
        """Take over what lives, listen for the rest."""
        for folder in (self._records, self.prefix.run / "activator" / "room"):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        (self.prefix.run / "activator").chmod(0o700)
        self._adopt()
        for key in sorted(self._on_disk()):
            try:
                self.ensure(key)
            except (OSError, ValueError) as error:
                _say(f"{key}: {error}")
        self._loop.after(self._pause, self._sweep)

    def ensure(self, key: str) -> None:
        """Listen for that pool. ValueError, OSError: it cannot be listened for."""
        pool = parse_pool(parse_key(key), json_path(self.prefix, key).read_bytes())
        entry = self._entries.get(key)
        if entry is None:
            self._entries[key] = self._entry(pool)
            self._attend(self._entries[key])
        elif entry.pool != pool or not self._socket(pool).is_socket():
            self.restart(key)

    def restart(self, key: str) -> None:
        """New requests meet a new master; the running ones end with the old one."""
        entry = self._entries.get(parse_key(key))
        if entry is None:
            return self.ensure(key)
        entry.pool = parse_pool(key, json_path(self.prefix, key).read_bytes())
        entry.failures, entry.retry = 0, 0.0
        if entry.master or not self._socket(entry.pool).is_socket():
            self._renew(entry, LONGEST_REQUEST)
        return None

    def drop(self, key: str, done: Callable[[], None]) -> None:
        """Remove the socket, end the master; call done() when nothing of it runs."""
        entry = self._entries.pop(parse_key(key), None)
        self._waiting.pop(key, None)
        self.prefix.php_socket(*key.split("/")).unlink(missing_ok=True)
        if entry is None or not self._dismiss(entry, GRACE, done):
            done()

    def describe(self) -> dict[str, dict[str, object]]:
        return {key: entry.describe(waits=key in self._waiting) for key, entry in self._entries.items()}

    def close(self, done: Callable[[], None]) -> None:
        """End all masters, busy ones after a grace; then done()."""
        for key in list(self._entries):
            self.drop(key, lambda: None)
        for master in list(self._masters):  # those too that were to have longer
            self._drain(master, time.monotonic() + GRACE)
        self._when_empty(done)

    def _when_empty(self, done: Callable[[], None]) -> None:
        if self._masters:
            self._loop.after(QUICK_LOOK, lambda: self._when_empty(done))
        else:
            done()

    # Listening

    def _entry(self, pool: Pool) -> Entry:
        """Listening anew: whatever master there was before, it ends."""
        return Entry(pool, listen(self._socket(pool)))

    def _adopt(self) -> None:
        """Take over the masters of the activator before this one; those of no pool, or set aside, come to their end."""
        for record in sorted(living(self._records), key=lambda record: record.path.name):
            try:
                master = Master(record.pid, os.pidfd_open(record.pid), None, record)
            except ProcessLookupError:  # dead since it was looked at
                record.remove()
                continue
            self._admit(master)
            master.wake()
            if record.ending or not self._employ(master):
                record.set_aside()
                self._drain(master, time.monotonic() + LONGEST_REQUEST)

    def _employ(self, master: Master) -> bool:
        key = master.record.key
        try:
            pool = parse_pool(parse_key(key), json_path(self.prefix, key).read_bytes())
            listener = take_over(master.pidfd, self._socket(pool))
        except (OSError, ValueError):
            return False
        if key in self._entries:
            listener.close()
            return False
        master.listener = listener
        self._entries[key] = Entry(pool, listener, master)
        return True

    def _attend(self, entry: Entry) -> None:
        """Wait for visitors, unless a master does, or the pool is gone."""
        if entry.master is None and self._entries.get(entry.pool.key) is entry:
            self._loop.watch(entry.listener.fileno(), partial(self._visited, entry))

    def _visited(self, entry: Entry, events: int) -> None:
        if events & HUNG_UP:  # whoever held it as well has shut it down
            self._mend(entry)
        elif time.monotonic() < entry.retry:
            refuse_waiting(entry.listener)
        elif self._has_place():
            self._start(entry)
        else:
            self._loop.forget(entry.listener.fileno())
            self._waiting[entry.pool.key] = None

    def _mend(self, entry: Entry) -> None:
        """A program of its own customer has shut it down. A failure like others: else one customer could hold place after place."""
        if entry.master and entry.master.age > LONGEST_PAUSE:
            entry.failures = 0
        try:
            self._renew(entry, GRACE)
        except OSError as error:
            self._loop.forget(entry.listener.fileno())
            self._loop.after(SWEEP, partial(self._attend, entry))  # which finds it shut down, and comes here again
            _say(f"{entry.pool.key}: {error}")
        else:
            self._failed(entry, "a program of the site's own has shut its socket down")

    def _renew(self, entry: Entry, grace: float) -> None:
        """Another listener in the old one's place. Whoever waits in the old one is served by the old master, for grace seconds."""
        fresh = listen(self._socket(entry.pool))
        self._dismiss(entry, grace)
        entry.listener = fresh
        self._attend(entry)

    def _dismiss(self, entry: Entry, grace: float, gone: Callable[[], None] | None = None) -> bool:
        """Part an entry from its listener and master. False: it had none."""
        self._loop.forget(entry.listener.fileno())
        master, entry.master = entry.master, None
        if master is None:
            entry.listener.close()
            return False
        master.gone += [gone] if gone else []
        master.record.set_aside()
        self._drain(master, time.monotonic() + grace)
        return True

    # Masters

    def _start(self, entry: Entry) -> None:
        try:
            entry.master = self._launch(entry)
        except (OSError, ValueError) as error:
            self._failed(entry, str(error))
            self._attend(entry)  # while it waited for a place, nobody did
            return
        self._loop.forget(entry.listener.fileno())
        self._admit(entry.master)

    def _launch(self, entry: Entry) -> Master:
        pool = entry.pool
        binary = installed_versions(self.prefix).get(pool.version)
        if binary is None:
            raise OSError(f"PHP {pool.version} is not installed")
        words = last_words.paper()
        try:
            launch = Launch(self.prefix, self.machine, pool, binary, self._records, words)
            pid = self._launcher.start(launch, entry.listener.fileno())
            record = Record.of(self._records, pool.key, pid)
            return Master(pid, os.pidfd_open(pid), entry.listener, record, words)
        except OSError:
            os.close(words)
            raise

    def _admit(self, master: Master) -> None:
        self._masters.add(master)
        self._loop.watch(master.pidfd, lambda _: self._exited(master))

    def _exited(self, master: Master) -> None:
        self._loop.forget(master.pidfd)
        self._masters.discard(master)
        entry = next((entry for entry in self._entries.values() if entry.master is master), None)
        if entry:
            self._bereaved(entry, master)
        elif master.listener:
            master.listener.close()
        master.close()
        for call in master.gone:
            call()
        self._serve_waiting()

    def _bereaved(self, entry: Entry, master: Master) -> None:
        entry.master = None
        if master.fault or (not master.ended and master.age < QUICK_DEATH):
            self._failed(entry, master.last_words())
        else:
            entry.failures = 0
        self._attend(entry)

    def _failed(self, entry: Entry, words: str) -> None:
        """Whoever waits is told at once; the next try comes later and later."""
        entry.failures += 1
        entry.retry = time.monotonic() + min(LONGEST_PAUSE, 0.5 * 2**entry.failures)
        entry.words = words
        refuse_waiting(entry.listener)
        _say(f"{entry.pool.key}: {entry.words}")

    def _drain(self, master: Master, until: float, calm: int = 0, pause: float = QUICK_LOOK) -> None:
        """End it when nothing has run in it twice in a row, or when its time is over."""
        if master not in self._masters:
            return
        calm = calm + 1 if master.drained() else 0
        if calm >= 2 or time.monotonic() > until:
            master.kill()
        else:
            pause = QUICK_LOOK if calm else min(SWEEP, 1.5 * pause)
            self._loop.after(pause, lambda: self._drain(master, until, calm, pause))

    # As many as may be

    def _sweep(self) -> None:
        for master in self._current():
            master.look()
            master.end_if_deaf()
            if time.monotonic() - master.busy > self._idle:
                master.end_if_idle()
        for entry in [entry for entry in self._entries.values() if entry.master and shut_down(entry.listener)]:
            self._mend(entry)
        self._serve_waiting()
        self._loop.after(self._pause, self._sweep)

    def _current(self) -> Iterator[Master]:
        return iter([entry.master for entry in self._entries.values() if entry.master and not entry.master.ended])

    def _has_place(self) -> bool:
        """Whether one more master may run; the one that is idle for longest makes place."""
        if sum(not master.ended for master in self._masters) < self._most:
            return True
        return any(master.end_if_idle() for master in sorted(self._current(), key=lambda master: master.busy))

    def _serve_waiting(self) -> None:
        while self._waiting and self._has_place():
            key, _ = self._waiting.popitem(last=False)
            if (entry := self._entries.get(key)) and entry.master is None:
                self._start(entry)

    # Where things lie

    def _on_disk(self) -> set[str]:
        pools = self.prefix.state / "php" / "pools"
        return {f"{path.parent.name}/{path.stem}" for path in pools.glob("*/*.json")}

    def _socket(self, pool: Pool) -> Path:
        return self.prefix.php_socket(pool.version, pool.subscription)


def _say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)  # noqa: T201 - the process' own log
