"""A node for tests: a prefix of its own in /tmp, the real nginx and activator when asked for, intent out of a file.

The intent is what a control plane would hand out; `Intent` plays its part in the same process or, by its file, in another one.
"""

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import idna
import msgspec

from gasthof.agent import knowledge
from gasthof.agent.execute import Executor
from gasthof.agent.journal import Journal
from gasthof.agent.kinds import Knowledge, Machine
from gasthof.agent.link import LinkLost
from gasthof.agent.loop import Agent
from gasthof.agent.sdk import customer
from gasthof.agent.wire import Answer, Batch, Change, NodeReport, Position, PreviewTold
from gasthof.bootstrap.layout import make_folders
from gasthof.kernel.clock import FixedClock, SystemClock
from gasthof.prefix import Prefix
from gasthof.slices.subscriptions.spec import HomeSpec
from gasthof.slices.web.spec import Php, PoolSpec, SiteSpec
from gasthof.slices.web.tests.nginx_harness import connects, ensure_users, free_port, wait_for

SOURCE = Path(__file__).parents[3]
UMLAUT = idna.encode("grüße-aus-köln.test", uts46=True).decode()


@dataclass
class Intent:
    """Objects with revisions, as a control plane keeps them; it takes reports, too."""

    changes: dict[tuple[str, str], Change] = field(default_factory=dict)
    revision: int = 0
    epoch: str = "one"
    reports: list[NodeReport] = field(default_factory=list)
    released: bool = False
    lost: bool = False
    parked: str | None = None
    differing: dict[str, list[list[str]]] | None = None
    at_once: int = 500
    wish: int | None = None  # of a preview
    previews: list[PreviewTold] = field(default_factory=list)

    def put(self, kind: str, key: str, spec: object | None, version: int = 1) -> None:
        self.revision += 1
        text = None if spec is None else msgspec.json.encode(spec, order="deterministic").decode()
        self.changes[kind, key] = Change(kind, key, self.revision, version, text)

    def save(self, path: Path) -> None:
        path.write_bytes(msgspec.json.encode((self.epoch, self.revision, list(self.changes.values()))))

    @classmethod
    def load(cls, path: Path) -> "Intent":
        epoch, revision, changes = msgspec.json.decode(path.read_bytes(), type=tuple[str, int, list[Change]])
        return cls({(one.kind, one.key): one for one in changes}, revision, epoch)

    def answer(self) -> None:
        if self.lost:
            raise LinkLost("gone")

    def connect(self) -> "Intent":
        self.answer()
        return self

    def changes_since(self, revision: int) -> list[Change]:
        return sorted((one for one in self.changes.values() if one.revision > revision), key=lambda one: one.revision)

    def wait(self, _seconds: float) -> bool:
        self.answer()
        return False

    def close(self) -> None:
        pass

    def report(self, report: NodeReport) -> Answer:
        self.answer()
        self.reports.append(report)
        for one in report.reports:
            known = self.changes.get((one.kind, one.key))
            if known and known.revision == one.revision and known.spec is None and one.state == "live":
                del self.changes[one.kind, one.key]
        differing, self.differing = self.differing, None
        return Answer(len(report.reports), differing, self.released and report.held is not None)

    def states(self) -> dict[str, list[str]]:
        """Key -> the states that were told of it, in order."""
        found: dict[str, list[str]] = {}
        for report in self.reports:
            for one in report.reports:
                found.setdefault(one.key, []).append(one.state)
        return found

    def words(self, key: str) -> str:
        return [one.words for report in self.reports for one in report.reports if one.key == key][-1]


class FileLink:
    """The wire side of an Intent: what `Agent` is given."""

    def __init__(self, intent: Intent) -> None:
        self.intent = intent

    def changes(self, position: Position) -> Batch:
        self.intent.answer()
        if self.intent.parked:
            return Batch(position, parked=self.intent.parked)
        known = position.epoch == self.intent.epoch
        found = self.intent.changes_since(position.revision if known else 0)
        if known and not found:
            return Batch(position)
        part = tuple(found[: self.intent.at_once])
        last = part[-1].revision if part else self.intent.revision
        return Batch(Position(self.intent.epoch, f"t{last}", last), part, more=len(found) > len(part), full=not known)

    def report(self, report: NodeReport) -> Answer:
        return self.intent.report(report)

    def preview_wanted(self) -> int | None:
        self.intent.answer()
        return self.intent.wish

    def preview_told(self, told: PreviewTold) -> None:
        self.intent.answer()
        self.intent.previews.append(told)

    def wait(self, seconds: float) -> bool:
        return self.intent.wait(seconds)

    def close(self) -> None:
        pass


def connecting(intent: Intent) -> Any:
    def connect() -> FileLink:
        intent.answer()
        return FileLink(intent)

    return connect


@dataclass
class Node:
    prefix: Prefix
    intent: Intent = field(default_factory=Intent)
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)
    agents: list[Agent] = field(default_factory=list)

    @classmethod
    @contextlib.contextmanager
    def made(cls, root: Path | None = None) -> Iterator["Node"]:
        """An empty prefix with bootstrap's folders."""
        ensure_users()
        customer.forget_groups()
        root = root or Path(tempfile.mkdtemp(prefix="ga-", dir="/tmp"))
        root.chmod(0o755)
        ports = {"panel": 1, "http": free_port(), "https": free_port()}
        (root / "config.toml").write_text("[ports]\n" + "".join(f"{name} = {port}\n" for name, port in ports.items()))
        node = cls(Prefix.load(root))
        make_folders(node.prefix)
        try:
            yield node
        finally:
            node.stop()
            shutil.rmtree(root, ignore_errors=True)

    def agent(
        self, taught: Knowledge | None = None, executor: Executor | None = None, at: datetime | None = None
    ) -> Agent:
        machine = Machine(self.prefix, FixedClock(at) if at else SystemClock())
        journal = Journal(self.prefix.state / "agent.db")
        agent = Agent(machine, taught or knowledge.installed(), journal, connecting(self.intent), executor)
        self.agents.append(agent)
        return agent

    def environment(self) -> dict[str, str]:
        return {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(SOURCE), "GASTHOF_PREFIX": str(self.prefix.root)}

    def start(self, module: str, *arguments: str) -> subprocess.Popen[bytes]:
        words = (self.prefix.root / "stderr").open("ab")
        process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments], env=self.environment(), cwd="/", stderr=words, stdout=words
        )
        self.processes.append(process)
        return process

    def start_daemons(self, *, activator: bool = True) -> None:
        """nginx, and the activator; the fixtures must have been applied."""
        self.start_nginx()
        if activator:
            self.start("gasthof.slices.web.activator")
            wait_for(lambda: connects(self.prefix.activator_control), self.processes[-1])

    def start_nginx(self) -> subprocess.Popen[bytes]:
        process = self.start("gasthof.slices.web.nginx")
        wait_for(lambda: connects(self.prefix.nginx_admin), process)
        return process

    def stop(self) -> None:
        for agent in self.agents:
            agent.journal.close()
            agent.executor.close()
        for process in reversed(self.processes):
            if process.poll() is None:
                process.terminate()
        for process in self.processes:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(10)
            if process.poll() is None:
                process.kill()
                process.wait()

    # Intent

    def put_home(self, number: int = 12) -> HomeSpec:
        spec = HomeSpec(f"s{number:06d}", self.prefix.uid_base + number)
        self.intent.put("subscriptions.home", spec.name, spec)
        return spec

    def put_pool(self, number: int = 12, **fields: Any) -> PoolSpec:
        spec = PoolSpec(f"s{number:06d}", self.prefix.uid_base + number, "8.2", **fields)
        self.intent.put("web.pool", f"8.2/{spec.subscription}", spec)
        return spec

    def put_site(self, name: str, number: int = 12, **fields: Any) -> SiteSpec:
        defaults: dict[str, Any] = {
            "subscription": f"s{number:06d}",
            "uid": self.prefix.uid_base + number,
            "docroot": f"web/{name}",
            "hosts": (name, f"www.{name}"),
            "https_redirect": False,
        }
        spec = SiteSpec(name=name, **(defaults | fields))
        self.intent.put("web.site", name, spec)
        return spec

    def drop(self, kind: str, key: str) -> None:
        self.intent.put(kind, key, None)


def php() -> Php:
    return Php("8.2", {"memory_limit": "64M"})


def tree(root: Path, skip: tuple[str, ...] = ()) -> dict[str, tuple[int, int, int, bytes]]:
    """Path -> (mode, uid, gid, content) of all below root; content of a link is its target."""
    found = {}
    for folder, folders, files in os.walk(root):
        for name in (*folders, *files):
            path = Path(folder) / name
            shown = str(path.relative_to(root))
            if any(shown.startswith(prefix) for prefix in skip):
                continue
            info = path.lstat()
            content = b""
            if path.is_symlink():
                content = os.fsencode(path.readlink())
            elif path.is_file():
                content = path.read_bytes()
            found[shown] = (info.st_mode, info.st_uid, info.st_gid, content)
    return found


def dump(found: dict[str, Any]) -> str:
    return json.dumps(found, default=repr, indent=1)
