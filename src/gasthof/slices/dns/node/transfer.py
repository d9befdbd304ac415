"""The keys of a subscription's signed zones, carried out and in, so that what registrars know of them stays true."""

from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec

from gasthof.agent.kinds import Machine
from gasthof.agent.sdk import lookup
from gasthof.agent.transfer import Home, Transfer
from gasthof.slices.dns.node import keys
from gasthof.slices.dns.node.pdns import PowerDns
from gasthof.slices.dns.node.rows import KEY, database

FILE = "keys.json"


def save(machine: Machine, _home: Home, settings: Any, folder: Path) -> None:
    """Zone -> its key, for all that have one."""
    zones = sorted(settings or {})
    found = lookup.rows(database(machine.prefix), [f"{KEY} {zone}" for zone in zones])
    texts = {zone: str(row[-1]) for zone in zones for row in found.get(f"{KEY} {zone}", {}).get("keys", ())}
    path = folder / FILE
    path.touch(0o600)
    path.write_bytes(msgspec.json.encode(texts, order="deterministic"))


def load(machine: Machine, _home: Home, settings: Any, folder: Path) -> None:
    """In place of those that the new zones were given meanwhile. ValueError for a file that holds something else."""
    texts = msgspec.json.decode((folder / FILE).read_bytes(), type=dict[str, str])
    wrong = [zone for zone, text in texts.items() if zone not in (settings or {}) or not keys.usable(text)]
    if wrong:
        raise ValueError(f"no key of this subscription: {wrong[0]}")
    signed = {zone: settings[zone]["dnssec"] is True for zone in texts}
    _put(machine, [(f"{KEY} {zone}", keys.NUMBER, keys.FLAGS, int(signed[zone]), text) for zone, text in texts.items()])
    if texts:
        PowerDns.of(machine.prefix).ask("tell", sorted(texts))


def _put(machine: Machine, rows: Iterable[tuple[str | int, ...]]) -> None:
    """One transaction. The agent finds a key that is there, and keeps it."""
    with closing(lookup.opened(database(machine.prefix))) as connection, connection:
        for row in rows:
            connection.execute("DELETE FROM keys WHERE owner = ?", (row[0],))
            connection.execute("INSERT INTO keys VALUES (?, ?, ?, ?, ?)", row)


TRANSFER = Transfer(save, load, weighs=False)
