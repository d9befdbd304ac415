"""The agent killed -9 at every boundary of changes to mail, and started again: the same rows, certificates, folders and mail."""

import copy
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from gasthof.agent.loop import Agent
from gasthof.agent.sdk import certificate, lookup
from gasthof.agent.tests import killing
from gasthof.agent.tests.node import UMLAUT, Node, tree
from gasthof.kernel.clock import SystemClock
from gasthof.slices.mail.node import places, plan, sni
from gasthof.slices.mail.node.lookups import dovecot_database, postfix_database
from gasthof.slices.mail.spec import AddressSpec, Reserved
from gasthof.slices.mail.tests.machine import ensure_users
from gasthof.slices.mail.tests.told import INFO, Mail, domain, mailbox

pytestmark = [pytest.mark.daemons, pytest.mark.timeout(600)]
SKIP = ("node/agent", "node/mail/lookup-", "logs", "run", "stderr")
ALIAS = AddressSpec(f"kontakt@{UMLAUT}", "s000012", (INFO,), (INFO,))
ANNA = f"anna@{UMLAUT}"


def work(agent: Agent) -> None:
    agent.reach()
    agent.fetch()
    agent.work()
    agent.deliver()


def changed(mail: Mail) -> None:
    """A mailbox under an old name, one gone, a new one forwarded, an alias that leads elsewhere, a domain suspended, one new."""
    intent = mail.node.intent
    intent.put(plan.DOMAIN, UMLAUT, domain(suspended=True, reserved=(Reserved("abuse", INFO),)))
    intent.put(plan.DOMAIN, "neu.test", domain("neu.test"))
    intent.put(plan.MAILBOX, INFO, mailbox(token="12345678"))
    intent.put(plan.MAILBOX, ANNA, None)
    intent.put(plan.MAILBOX, "x@neu.test", mailbox("x@neu.test", forward_to=("x@example.org",)))
    intent.put(plan.ADDRESS, ALIAS.address, AddressSpec(ALIAS.address, "s000012", ("x@example.org",)))


def gone(mail: Mail) -> None:
    for kind, key in ((plan.DOMAIN, UMLAUT), (plan.MAILBOX, INFO), (plan.MAILBOX, ANNA), (plan.ADDRESS, ALIAS.address)):
        mail.node.drop(kind, key)


@pytest.fixture
def mail() -> Iterator[Mail]:
    """With two mailboxes that hold mail, and an alias."""
    ensure_users()
    with Node.made() as node:
        made = Mail(node)
        made.put(domain(), mailbox(), mailbox(ANNA), ALIAS)
        made.receive(mailbox())
        made.receive(mailbox(ANNA))
        made.agent.journal.close()
        made.agent.executor.close()
        node.agents.clear()
        yield made


def picture(mail: Mail) -> dict[str, Any]:
    """All that must be the same."""
    found: dict[str, Any] = {
        path: state[:3] if path.endswith(".pem") else state for path, state in tree(mail.prefix.root, SKIP).items()
    }
    owners = {}
    for base in (postfix_database(mail.prefix), dovecot_database(mail.prefix)):
        for kind in (plan.DOMAIN, plan.MAILBOX, plan.ADDRESS, plan.OPERATOR):
            names = [f"{kind} {key}" for key in lookup.owners(base, kind)]
            owners |= {(base.path.name, owner): held for owner, held in lookup.rows(base, names).items()}
    found["rows"] = owners
    found["presented"] = {name: presented(mail, name) for name in sni.present(mail.prefix)}
    found["journal"] = killing.journal_of(mail.node)
    return found


def presented(mail: Mail, name: str) -> tuple[object, bool]:
    """What its folder holds, and whether Postfix has just that."""
    folder = places.tls(mail.prefix) / name
    key, issued = (certificate.content(folder / each) for each in (certificate.KEY, certificate.CERTIFICATE))
    fact = certificate.inspect(key, issued, mail.prefix.ca_certificate.read_bytes(), SystemClock().now())
    return fact, sni.stored(mail.prefix, [name]) == {name: sni.fingerprint(*sni.lying(mail.prefix, name))}


@pytest.mark.parametrize("change", [changed, gone])
def test_killed_anywhere_it_ends_the_same(mail: Mail, tmp_path: Path, change: Callable[[Mail], None]) -> None:
    root, kept = mail.prefix.root, tmp_path / "kept"
    subprocess.run(["/usr/bin/cp", "-a", str(root), str(kept)], check=True)
    change(mail)
    intent = copy.deepcopy(mail.node.intent)

    def attempt(at: int = killing.NEVER) -> int | None:
        mail.node.intent = copy.deepcopy(intent)
        return killing.run(mail.node, work, at, taught=mail.taught)

    boundaries = attempt()
    wanted = picture(mail)
    assert boundaries is not None and boundaries > 30
    assert all(each == (each[0], True) for each in wanted["presented"].values())
    for at in killing.some(boundaries):
        for path in root.iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        subprocess.run(["/usr/bin/cp", "-a", f"{kept}/.", str(root)], check=True)
        assert attempt(at) is None
        assert attempt() is not None
        assert picture(mail) == wanted, f"killed at boundary {at} of {boundaries}"
