"""The keys of a subscription's signed zones, carried out and in, so that what registrars know of them stays true."""

from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec

from gasthof.agent.kinds import Machine
from gasthof.agent.sdk import lookup
from gasthof.agent.sdk.steps import LookupDatabase, Row
from gasthof.agent.transfer import Home, Transfer
from gasthof.slices.dns.node import keys
from gasthof.slices.dns.node.facts import known_keys
from gasthof.slices.dns.node.pdns import PowerDns
from gasthof.slices.dns.node.rows import KEY, born_here, database

FILE = "keys.json"


def save(machine: Machine, _home: Home, settings: Any, folder: Path) -> None:
    """Zone -> its key, for all that have one."""
    texts = known_keys(machine.prefix, sorted(settings or {}))
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
    _put(born_here(machine.prefix), {f"{KEY} {zone}": (text,) for zone, text in texts.items()})
    copies = {f"{KEY} {zone}": (keys.NUMBER, keys.FLAGS, int(signed[zone]), text) for zone, text in texts.items()}
    _put(database(machine.prefix), copies)
    if texts:
        PowerDns.of(machine.prefix).ask("tell", sorted(texts))


def _put(place: LookupDatabase, rows: Mapping[str, Row]) -> None:
    """One transaction. The agent finds a key that is there, and keeps it."""
    with closing(lookup.opened(place)) as connection, connection:
        for owner, row in rows.items():
            connection.execute("DELETE FROM keys WHERE owner = ?", (owner,))
            connection.execute(f"INSERT INTO keys VALUES ({', '.join('?' * (len(row) + 1))})", (owner, *row))  # noqa: S608


TRANSFER = Transfer(save, load, weighs=False)
