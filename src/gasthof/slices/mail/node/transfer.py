"""All mail of a subscription, carried out and in with the customer's rights."""

from pathlib import Path
from typing import Any

from gasthof.agent.kinds import Machine
from gasthof.agent.sdk.pack import pack
from gasthof.agent.sdk.unpack import unpack
from gasthof.agent.transfer import Home, Transfer
from gasthof.slices.mail.node import places

MAIL = "mail.tar"
MESSAGES = frozenset({"new", "cur"})  # folders of a maildir


def save(machine: Machine, home: Home, _settings: Any, folder: Path) -> list[str]:
    """Every mailbox' folder under the name that its settings give it. A subscription that never had a domain has none."""
    root = places.mailboxes(machine.prefix, home.name)
    return pack(root, home.uid, folder / MAIL) if root.exists() else []


def load(machine: Machine, home: Home, _settings: Any, folder: Path) -> None:
    """What lies in the mailboxes becomes what was saved; mail that was delivered meanwhile stays."""
    if (folder / MAIL).exists():
        unpack(folder / MAIL, places.mailboxes(machine.prefix, home.name), home.uid, keep=MESSAGES)


TRANSFER = Transfer(save, load)
