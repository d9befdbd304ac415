"""One export is one folder: made beside its place, complete once it has its name; sums and settings lie in it."""

import json
import logging
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import file_digest
from pathlib import Path
from typing import Any

from gasthof.agent.kinds import Machine
from gasthof.agent.sdk import place
from gasthof.agent.transfer import Transfer
from gasthof.slices.subscriptions.node.places import LOADED, SETTINGS, SUMMARY, SUMS, export, exports
from gasthof.slices.subscriptions.spec import HomeSpec, TransferSpec
from gasthof.slices.subscriptions.transfers.marks import Marks

log = logging.getLogger("gasthof.transfers")
RESERVE = 512 * 1024 * 1024  # bytes that an export leaves to everybody else
FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


@dataclass(frozen=True)
class Store:
    """Each of its methods may be killed anywhere and is then called again."""

    machine: Machine
    slices: Mapping[str, Transfer]
    unwanted: set[str] = field(default_factory=set)  # keys of what ends at its next part

    @property
    def marks(self) -> Marks:
        return Marks(self.machine.prefix)

    def saved(self, name: str) -> bool:
        return self.marks.has(name) and export(self.machine.prefix, name).is_dir()

    def loaded(self, name: str, subscription: str) -> bool:
        """Either proof is one: the other may have been lost with its folder, or with an older backup."""
        return (
            self.marks.has(f"{name}/{subscription}")
            or (export(self.machine.prefix, name) / LOADED / subscription).exists()
        )

    def save(self, spec: TransferSpec) -> None:
        """Once: what is lost later is not replaced by what is there by then. RuntimeError, ValueError or OSError says why not."""
        target, staged, _ = self._traces(spec.export)
        if not target.is_dir():
            if self.marks.has(spec.export):
                raise RuntimeError(f"{spec.export} was saved once, and is not in {target.parent} any more")
            place.remove_tree(staged)
            self._check_room(spec)
            try:
                self._make(spec, staged)
            except BaseException:
                place.remove_tree(staged)  # it may be what filled the disk
                raise
            staged.rename(target)
            place.make_durable([target], self.machine.prefix.root)
        self.marks.put(spec.export)

    def _check_room(self, spec: TransferSpec) -> None:
        disk = os.statvfs(exports(self.machine.prefix))
        free = disk.f_bavail * disk.f_frsize
        if free < spec.expected + RESERVE:
            raise RuntimeError(f"no room: {spec.expected} bytes to save, {RESERVE} to be left, {free} free")

    def _make(self, spec: TransferSpec, staged: Path) -> None:
        staged.mkdir(0o700)
        document = spec.document or {}
        left_out = self._save_slices(spec, document.get("settings", {}), staged)
        _write(staged / SETTINGS, _json(document))
        _write(staged / SUMMARY, _json({"bytes": _size(staged), "left_out": left_out}))
        _write(staged / SUMS, "".join(f"{digest}  {name}\n" for name, digest in _sums(staged).items()).encode())
        (staged / LOADED).mkdir(0o700)
        place.sync_all(staged)

    def _save_slices(self, spec: TransferSpec, settings: Mapping[str, Any], staged: Path) -> list[str]:
        home = self._home(spec)
        left_out: list[str] = []
        for name, transfer in self.slices.items():
            self._go_on(spec.export)
            folder = staged / name
            folder.mkdir(0o700)
            left_out += [
                f"{name}: {line}" for line in transfer.save(self.machine, home, settings.get(name), folder) or ()
            ]
        return left_out

    def load(self, spec: TransferSpec) -> None:
        """RuntimeError, ValueError or OSError says why not. What was changed in the export since it was saved is not loaded."""
        folder = export(self.machine.prefix, spec.export)
        self._home(spec)
        if not folder.is_dir():
            raise RuntimeError(f"there is no export {spec.export} on this machine")
        if self.loaded(spec.export, spec.subscription):
            return
        check(folder)
        settings = json.loads((folder / SETTINGS).read_bytes())["settings"] | (spec.chosen or {})
        words = [
            f"{name}: {failed}"
            for name, transfer in self.slices.items()
            if (folder / name).is_dir()
            for failed in self._load_slice(spec, name, settings.get(name), folder / name)
        ]
        if words:
            raise RuntimeError("; ".join(words))
        self.marks.put(f"{spec.export}/{spec.subscription}")
        mark = folder / LOADED / spec.subscription
        mark.touch(0o600)
        place.make_durable([mark], self.machine.prefix.root)

    def _load_slice(self, spec: TransferSpec, name: str, settings: Any, folder: Path) -> Iterator[str]:
        """What has not arrived yet, part by part; words of those that failed. None holds up another."""
        key, transfer = f"{spec.export}/{spec.subscription}", self.slices[name]
        for part, share in transfer.parts(settings).items():
            mark = f"{name}.{part}" if part else name
            if self.marks.has(key, mark):
                continue
            self._go_on(key)
            try:
                transfer.load(self.machine, self._home(spec), share, folder)
            except Exception as error:
                log.exception("%s: %s", key, mark)
                yield str(error) or type(error).__name__
                continue
            place.sync_all(self.machine.prefix.customers)
            self.marks.put(key, mark)

    def _go_on(self, key: str) -> None:
        if key in self.unwanted:
            raise RuntimeError("it is no longer wanted")

    def remains(self, name: str) -> bool:
        """Whether anything of it is left, also of a save or a removal that was broken off."""
        return any(path.exists() for path in self._traces(name))

    def forget(self, name: str) -> None:
        target, staged, gone = self._traces(name)
        place.remove_tree(gone)
        if target.is_dir():
            target.rename(gone)
            place.make_durable([gone], self.machine.prefix.root)
        for path in (gone, staged):
            place.remove_tree(path)

    def _traces(self, name: str) -> tuple[Path, Path, Path]:
        target = export(self.machine.prefix, name)
        return target, target.with_name(f".{name}.new"), target.with_name(f".{name}.gone")

    def _home(self, spec: TransferSpec) -> HomeSpec:
        """RuntimeError when the subscription has no place here."""
        if not self.machine.prefix.home(spec.subscription).is_dir():
            raise RuntimeError(f"{spec.subscription} is not on this machine")
        return HomeSpec(spec.subscription, spec.uid)


def check(folder: Path) -> None:
    """ValueError when a file is not the one that was saved, is missing, or came later."""
    lines = (folder / SUMS).read_text("utf-8").splitlines()
    wanted = {name: digest for digest, _, name in (line.partition("  ") for line in lines)}
    found = _sums(folder)
    wrong = sorted(name for name in wanted.keys() | found.keys() if wanted.get(name) != found.get(name))
    if wrong:
        raise ValueError(f"the export was changed or damaged: {', '.join(wrong[:10])}")


def _files(folder: Path) -> list[Path]:
    found = (path for path in folder.rglob("*") if path.is_file() and path.relative_to(folder).parts[0] != LOADED)
    return sorted(path for path in found if path != folder / SUMS)


def _sums(folder: Path) -> dict[str, str]:
    """Path below the folder -> SHA-256 in hexadecimal. ValueError for a name that the list could not hold."""
    sums = {}
    for path in _files(folder):
        name = str(path.relative_to(folder))
        if not name.isprintable():
            raise ValueError(f"no name for a file of an export: {name!r}")
        with path.open("rb") as content:
            sums[name] = file_digest(content, "sha256").hexdigest()
    return sums


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in _files(folder))


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True).encode() + b"\n"


def _write(path: Path, content: bytes) -> None:
    with open(os.open(path, FILE, 0o600), "wb") as handle:  # noqa: PTH123 - of a descriptor
        handle.write(content)
