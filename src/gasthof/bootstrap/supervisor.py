"""Talking to supervisord by XML-RPC over its unix socket, and starting and ending it."""

import contextlib
import http.client
import os
import signal
import socket
import subprocess
import time
import xmlrpc.client
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from gasthof.bootstrap import machine
from gasthof.bootstrap.place import Place
from gasthof.bootstrap.programs import environment
from gasthof.bootstrap.refusal import Refusal
from gasthof.prefix import Prefix

RUNNING, STARTING, BACKOFF, STOPPING = 20, 10, 30, 40  # supervisor's process states
ENDING = 30.0  # seconds: as long as the slowest program may take to stop
LAST = "postgres"
PATIENCE = 90.0  # seconds until everything has stopped


@dataclass(frozen=True)
class State:
    name: str
    up: bool
    pid: int  # 0: it does not run
    seconds: int  # since its start
    words: str  # supervisor's own description


class _Connection(http.client.HTTPConnection):
    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(60)
        self.sock.connect(self.host)


class _Transport(xmlrpc.client.Transport):
    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = str(path)

    def make_connection(self, host: Any) -> http.client.HTTPConnection:
        return _Connection(self.path)


class Supervisor:
    """One prefix' supervisord. Methods that need it running raise OSError when it does not."""

    def __init__(self, prefix: Prefix) -> None:
        self.prefix = prefix
        self.pidfile = prefix.root / "supervisor" / "supervisord.pid"
        self.conf = prefix.root / "supervisor" / "supervisord.conf"
        proxy = xmlrpc.client.ServerProxy("http://localhost/RPC2", _Transport(prefix.supervisor_socket))
        self.rpc = cast(Any, proxy).supervisor

    @property
    def last_pid(self) -> int | None:
        """The pid it has, or had: its children's session bears this number."""
        text = self.pidfile.read_text().strip() if self.pidfile.exists() else ""
        return int(text) if text.isdigit() else None

    @property
    def pid(self) -> int | None:
        """Of the running supervisord, or None."""
        last = self.last_pid
        found = machine.process(last) if last else None
        return last if found and str(self.conf) in found.command else None

    def start(self, place: Place) -> None:
        """In a session of its own, so that the terminal's signals do not reach it. Returns when it answers."""
        conf = ["-n", "-c", str(self.conf)]
        child = subprocess.Popen(
            [str(place.python), "-m", "supervisor.supervisord", *conf],
            env=environment(self.prefix, place), cwd="/", umask=0o077, start_new_session=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        until = time.monotonic() + 30
        while not self.answers():
            if child.poll() is not None or time.monotonic() > until:
                raise Refusal(f"The supervisor did not start; {self.prefix.logs / 'supervisord.log'} says why.")
            time.sleep(0.05)

    def answers(self) -> bool:
        try:
            return bool(self.rpc.getState()["statecode"] == 1)
        except (OSError, http.client.HTTPException, xmlrpc.client.Error):
            return False

    def states(self) -> dict[str, State]:
        """By name; empty when supervisord does not run."""
        try:
            rows = self.rpc.getAllProcessInfo()
        except (OSError, http.client.HTTPException):
            return {}
        return {row["name"]: _state(row) for row in rows}

    def begin(self, name: str) -> None:
        """Start it unless it is up or coming up. Waits only for one that is being stopped: it could not be started before."""
        wait_until(lambda: self.rpc.getProcessInfo(name)["state"] != STOPPING, ENDING)
        if self.rpc.getProcessInfo(name)["state"] not in (RUNNING, STARTING, BACKOFF):
            self.rpc.startProcess(name, False)

    def halt(self, name: str) -> None:
        """Stop it if it is up or coming up. Waits."""
        if self.rpc.getProcessInfo(name)["state"] in (RUNNING, STARTING, BACKOFF):
            self.rpc.stopProcess(name)

    def restart(self, name: str) -> None:
        self.halt(name)
        self.rpc.startProcess(name, False)

    def reread(self) -> None:
        """Take over a changed configuration: what changed is stopped and known anew."""
        added, changed, removed = self.rpc.reloadConfig()[0]
        gone = {*changed, *removed}
        self._stop_all(gone - {LAST})
        self._stop_all(gone & {LAST})
        for name in gone:
            self.rpc.removeProcessGroup(name)
        for name in (*added, *changed):
            self.rpc.addProcessGroup(name)

    def stop(self) -> None:
        """All processes, PostgreSQL after those that use it, then itself. Returns when it is gone."""
        pid = self.pid
        if pid is None:
            return
        try:
            self._stop_all({name for name in self.states() if name != LAST})
            self._stop_all({LAST})
            self.rpc.shutdown()
        except (OSError, http.client.HTTPException, xmlrpc.client.Error):
            os.kill(pid, signal.SIGTERM)
        if not wait_until(lambda: machine.process(pid) is None, PATIENCE):
            os.kill(pid, signal.SIGKILL)

    def _stop_all(self, names: set[str]) -> None:
        """At once: supervisor's own shutdown takes one after the other, a second and more each."""
        for name in names:
            with contextlib.suppress(xmlrpc.client.Fault):  # it does not run
                self.rpc.stopProcess(name, False)
        wait_until(lambda: not any(state.pid for state in self.states().values() if state.name in names), PATIENCE)


def _state(row: dict[str, Any]) -> State:
    seconds = row["now"] - row["start"]
    return State(row["name"], row["state"] == RUNNING, row["pid"], seconds, row["description"] or row["statename"])


def wait_until(true: Callable[[], bool], seconds: float) -> bool:
    """Whether it became true in time."""
    until = time.monotonic() + seconds
    while not true():
        if time.monotonic() > until:
            return False
        time.sleep(0.05)
    return True
