"""Domains' mail, mailboxes and addresses by the agent: rows, certificates, folders, what is left and what is not."""

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from gasthof.agent.kinds import Machine, Wanted
from gasthof.agent.sdk import certificate, lookup
from gasthof.agent.sdk.customer import acting_as
from gasthof.agent.sdk.steps import Plan, SetRows
from gasthof.agent.tests.node import UMLAUT, Node
from gasthof.kernel.clock import SystemClock
from gasthof.slices.mail.node import facts, lookups, places, plan, sni, transfer, vacation
from gasthof.slices.mail.node.lookups import dovecot_database, postfix_database
from gasthof.slices.mail.spec import AddressSpec, DomainSpec, MailboxSpec, Reserved, Vacation
from gasthof.slices.mail.tests.machine import ensure_users
from gasthof.slices.mail.tests.told import INFO, OTHER, PASSWORD, UID, Mail, domain, mailbox
from gasthof.slices.subscriptions.spec import HomeSpec

pytestmark = pytest.mark.daemons


@pytest.fixture
def mail() -> Iterator[Mail]:
    ensure_users()
    with Node.made() as node:
        yield Mail(node)


def test_a_domain_has_rows_a_folder_and_a_certificate_that_postfix_presents(mail: Mail) -> None:
    mail.put(domain(reserved=(Reserved("postmaster"),)))
    assert mail.last(UMLAUT) == "live"
    postfix, dovecot = mail.rows(plan.DOMAIN, UMLAUT)
    assert postfix["routes"] == ((f"postmaster@{UMLAUT}", lookups.TO_OPERATOR, 0),)
    assert postfix["domains"] == ((UMLAUT, 1, 0),) and {row[0] for row in dovecot["domains"]} == {
        UMLAUT,
        "grüße-aus-köln.test",
    }
    found = mail.folder().stat()
    assert (found.st_uid, found.st_gid, found.st_mode & 0o7777) == (UID, UID, 0o700)
    name = f"mail.{UMLAUT}"
    issued = certificate.load_certificate((places.tls(mail.prefix) / name / "cert.pem").read_bytes())
    assert issued and certificate._names(issued) == (name,)
    assert sni.stored(mail.prefix, [name]) == {name: sni.fingerprint(*sni.lying(mail.prefix, name))}
    key = (places.tls(mail.prefix) / name / "key.pem").stat()
    assert key.st_mode & 0o777 == 0o640 and key.st_uid == 0


def test_mailboxes_and_addresses_are_rows_and_nothing_else(mail: Mail) -> None:
    mail.put(domain(), mailbox(), AddressSpec(f"kontakt@{UMLAUT}", "s000012", (INFO,), (INFO,)))
    postfix, dovecot = mail.rows(plan.MAILBOX, INFO)
    assert postfix["mailboxes"] == ((INFO, UMLAUT, f"{INFO}#{lookups.stamp(mailbox())}"),)
    home = str(mail.folder() / f"{UMLAUT}/info.00c0ffee")
    assert dovecot["mailboxes"] == ((INFO, PASSWORD, UID, home, 10, lookups.stamp(mailbox())),)
    assert mail.rows(plan.ADDRESS, f"kontakt@{UMLAUT}") == [
        {"routes": ((f"kontakt@{UMLAUT}", INFO, 0),), "senders": ((f"kontakt@{UMLAUT}", INFO),)}, {},
    ]  # fmt: skip
    assert list(mail.folder().iterdir()) == [] and mail.sessions.asked == []


def test_the_operators_mailbox_is_there_from_the_start(mail: Mail) -> None:
    postfix, dovecot = mail.rows(plan.OPERATOR, mail.prefix.host)
    assert (f"abuse@{mail.prefix.host}", f"postmaster@{mail.prefix.host}", 0) in postfix["routes"]
    assert dovecot["mailboxes"][0][1] == "" and "senders" not in postfix
    mail.agent.audit_now()
    assert mail.rows(plan.OPERATOR, mail.prefix.host) == [postfix, dovecot]


def test_a_machine_with_another_name_finds_no_drift_and_keeps_nothing_of_the_old_one(mail: Mail) -> None:
    mail.put(domain(reserved=(Reserved("postmaster"), Reserved("abuse", INFO))), mailbox())
    mail.agent.audit_now()
    before = mail.rows(plan.DOMAIN, UMLAUT)
    mail.agent.close()
    former, renamed = mail.prefix.host, replace(mail.prefix, host="neu.gasthof.test")
    mail.node.prefix = mail.prefix = renamed
    mail.agent = mail.node.agent(mail.taught)
    assert mail.agent.fix() == []
    mail.agent.audit_now()
    mail.turn()
    assert "drift" not in mail.node.intent.states()[UMLAUT] and mail.rows(plan.DOMAIN, UMLAUT) == before
    assert mail.rows(plan.OPERATOR, former) == [{}, {}]
    postfix, dovecot = mail.rows(plan.OPERATOR, renamed.host)
    assert (lookups.TO_OPERATOR, f"postmaster@{renamed.host}", 0) in postfix["routes"]
    assert {row[0] for row in dovecot["domains"]} == {renamed.host}


def test_an_emptied_database_is_called_full_when_all_rows_are_back(mail: Mail) -> None:
    """Until then Postfix says "later" to everybody (lookups.WAITING_QUERY)."""
    database = postfix_database(mail.prefix)
    mail.put(domain(), mailbox())
    mail.agent.audit_now()
    assert lookup.rows(database, [plan.FILLED]) == {plan.FILLED: lookups.FILLED}
    mail.agent.executor.close()
    database.path.write_bytes(b"no database" * 1000)
    assert mail.agent.fix() == []
    mail.turn()
    assert lookup.rows(database, [plan.FILLED]) == {} == mail.rows(plan.MAILBOX, INFO)[0]
    while not lookup.rows(database, [plan.FILLED]):
        held = mail.rows(plan.MAILBOX, INFO)[0]
        mail.agent.turn()
    assert held != {} and held == mail.rows(plan.MAILBOX, INFO)[0]
    mail.agent.audit_now()
    assert mail.agent.fix() == [] and lookup.rows(database, [plan.FILLED]) == {plan.FILLED: lookups.FILLED}


def test_a_new_password_and_a_suspension_end_sessions(mail: Mail) -> None:
    mail.put(domain(), mailbox())
    mail.put(mailbox(quota_mb=20))
    assert mail.sessions.asked == []
    mail.put(mailbox(quota_mb=20, password=PASSWORD.replace("aGFz", "bGFz")))
    assert mail.sessions.asked == [("kick", INFO)]
    mail.put(domain(suspended=True))
    assert mail.sessions.asked[-1] == ("kick_domain", UMLAUT)
    assert mail.rows(plan.DOMAIN, UMLAUT)[1]["domains"][0][-1] == 1


NOTE = Vacation("Bin weg.", (INFO,), "Nicht da", until="2999-01-01T00:00:00")


def test_an_out_of_office_note_is_a_file_that_the_mailbox_can_only_read(mail: Mail) -> None:
    mail.put(domain(), mailbox(vacation=NOTE))
    path = places.vacation(mail.prefix, INFO)
    assert path.read_bytes() == vacation.script(NOTE)
    found = path.stat()
    assert (found.st_uid, found.st_gid, found.st_mode & 0o7777) == (0, UID, 0o640)
    with acting_as(UID), pytest.raises(PermissionError):
        path.unlink()
    with acting_as(OTHER), pytest.raises(PermissionError):
        path.read_bytes()
    changed = replace(NOTE, text="Bin immer noch weg.")
    mail.put(mailbox(vacation=changed))
    assert path.read_bytes() == vacation.script(changed)
    mail.put(mailbox())
    assert not path.exists()
    mail.put(mailbox(vacation=NOTE))
    mail.drop((plan.MAILBOX, INFO))
    assert not path.exists() and mail.sessions.asked == [("kick", INFO)]


def test_a_note_that_was_changed_by_hand_or_is_nobodys_is_set_right(mail: Mail) -> None:
    mail.put(domain(), mailbox(vacation=NOTE), mailbox(f"anna@{UMLAUT}"))
    path, strays = (
        places.vacation(mail.prefix, INFO),
        [places.vacation(mail.prefix, f"{each}@{UMLAUT}") for each in ("anna", "fremd")],
    )
    for each in (path, *strays):
        each.write_text("discard;")
    mail.agent.audit_now()
    mail.agent.deliver()
    assert path.read_bytes() == vacation.script(NOTE)
    assert [each for each in strays if each.exists()] == []
    words = {
        one.key: one.words for report in mail.node.intent.reports for one in report.reports if one.state == "drift"
    }
    assert "content differs" in words[INFO] and "should not be there" in words[f"anna@{UMLAUT}"]


@pytest.mark.parametrize(
    "spoiled", [{"text": "a\0"}, {"subject": "a\nb"}, {"addresses": ('a"@x.test',)}, {"addresses": ()}, {"since": "x"}]
)
def test_a_note_that_no_daemon_should_be_told_is_refused(mail: Mail, spoiled: dict[str, object]) -> None:
    mail.put(domain(), mailbox(vacation=replace(NOTE, **spoiled)))  # type: ignore[arg-type]
    assert mail.last(INFO) == "failed" and not places.vacation(mail.prefix, INFO).exists()


@pytest.mark.parametrize("thing", [domain(), mailbox()], ids=["domain", "mailbox"])
def test_what_postfix_takes_mail_for_dovecot_knows(mail: Mail, thing: DomainSpec | MailboxSpec) -> None:
    """Of two databases one is always written first."""
    bases = [dovecot_database(mail.prefix), postfix_database(mail.prefix)]
    facts_of = facts.domains if isinstance(thing, DomainSpec) else facts.mailboxes
    make = plan.domain if isinstance(thing, DomainSpec) else plan.mailbox
    key = UMLAUT if isinstance(thing, DomainSpec) else INFO
    machine = Machine(mail.prefix, SystemClock())
    new = make(mail.prefix, key, thing, facts_of(machine, {key: Wanted(thing)})[key])  # type: ignore[operator]
    assert [step.database for step in new.rows] == bases
    mail.put(domain(), thing)
    gone = make(mail.prefix, key, None, facts_of(machine, {key: Wanted(None)})[key])  # type: ignore[operator]
    assert [step.database for step in gone.rows] == bases[::-1]


def test_a_mailbox_goes_with_its_mail_and_no_other(mail: Mail) -> None:
    gone, stays = mailbox(), mailbox(f"anna@{UMLAUT}")
    mail.put(domain(), gone, stays)
    old, other = mail.receive(gone), mail.receive(stays)
    mail.drop((plan.MAILBOX, INFO))
    assert not old.exists() and not old.parents[2].exists() and other.exists()
    assert mail.rows(plan.MAILBOX, INFO) == [{}, {}] and ("kick", INFO) in mail.sessions.asked
    assert (plan.MAILBOX, INFO) not in mail.node.intent.changes


def test_a_mailbox_of_an_old_name_never_sees_old_mail(mail: Mail) -> None:
    """Deleted and made again before the node heard of either."""
    mail.put(domain(), mailbox())
    old = mail.receive(mailbox())
    mail.put(mailbox(token="12345678"))
    assert not old.exists() and not old.parents[2].exists()
    assert mail.rows(plan.MAILBOX, INFO)[1]["mailboxes"][0][3] == str(mail.folder() / f"{UMLAUT}/info.12345678")


def test_a_mailbox_that_moves_to_another_customer_takes_no_mail_along(mail: Mail) -> None:
    mail.put(domain(), mailbox())
    old = mail.receive(mailbox())
    mail.put(domain(subscription="s000013", uid=OTHER), mailbox(token="12345678", subscription="s000013", uid=OTHER))
    assert not old.exists() and mail.folder("s000013").stat().st_uid == OTHER


def test_a_domain_goes_and_with_the_last_one_all_mail_of_the_subscription(mail: Mail) -> None:
    mail.put(domain(), domain("zwei.test"), mailbox(), mailbox("info@zwei.test"))
    mail.receive(mailbox())
    stays = mail.receive(mailbox("info@zwei.test"))
    mail.drop((plan.MAILBOX, INFO), (plan.DOMAIN, UMLAUT))
    assert not (mail.folder() / UMLAUT).exists() and stays.exists()
    assert mail.rows(plan.DOMAIN, UMLAUT) == [{}, {}] and not (places.tls(mail.prefix) / f"mail.{UMLAUT}").exists()
    assert sni.present(mail.prefix) == ["mail.zwei.test"]
    mail.drop((plan.MAILBOX, "info@zwei.test"), (plan.DOMAIN, "zwei.test"))
    assert not mail.folder().exists() and sni.present(mail.prefix) == []
    assert mail.node.intent.changes == {}


def test_what_is_only_not_listed_keeps_its_mail(mail: Mail) -> None:
    mail.put(domain(), mailbox())
    kept = mail.receive(mailbox())
    mail.node.intent.changes.clear()
    mail.node.intent.epoch = "restored"
    mail.turn()
    assert mail.rows(plan.MAILBOX, INFO) == mail.rows(plan.DOMAIN, UMLAUT) == [{}, {}] and kept.exists()


@pytest.mark.parametrize("how", ["link", "parent"])
def test_no_link_of_the_customers_leads_removal_elsewhere(mail: Mail, how: str) -> None:
    """Through mail of a neighbour, and root's own."""
    neighbour = mailbox("info@nachbar.test", subscription="s000013", uid=OTHER)
    mail.put(domain(), mailbox(), domain("nachbar.test", "s000013", OTHER), neighbour)
    safe = mail.receive(neighbour)
    with acting_as(UID):
        place = mail.folder() / UMLAUT
        if how == "link":
            place.mkdir()
            (place / "info.00c0ffee").symlink_to(safe.parents[2])
        else:
            place.symlink_to(safe.parents[3])
            (mail.folder() / "etc").symlink_to("/etc")
    mail.drop((plan.MAILBOX, INFO), (plan.DOMAIN, UMLAUT))
    assert safe.read_text() == "Grüße" and Path("/etc/passwd").exists() and not mail.folder().exists()


def test_drift_is_noted_and_set_right(mail: Mail) -> None:
    mail.put(domain(), mailbox())
    name = f"mail.{UMLAUT}"
    for base in (postfix_database(mail.prefix), dovecot_database(mail.prefix)):
        assert mail.agent.executor.carry_out(
            [Plan(rows=(SetRows(base, f"{plan.MAILBOX} {INFO}", {}), SetRows(base, f"{plan.MAILBOX} x@fremd.test", {"mailboxes": strange(base.group)})))]
        )[0].live  # fmt: skip
    sni.SniMap(mail.prefix).ask("drop", [name])
    sni.SniMap(mail.prefix).ask("put", [])
    mail.folder().chmod(0o777)
    mail.agent.audit_now()
    mail.agent.deliver()
    words = {
        one.key: one.words for report in mail.node.intent.reports for one in report.reports if one.state == "drift"
    }
    assert "rows missing" in words[INFO] and "mode 0777" in words[UMLAUT]
    assert mail.rows(plan.MAILBOX, INFO)[1]["mailboxes"][0][0] == INFO
    assert mail.rows(plan.MAILBOX, "x@fremd.test") == [{}, {}]
    assert sni.stored(mail.prefix, [name]) == {name: sni.fingerprint(*sni.lying(mail.prefix, name))}
    assert mail.folder().stat().st_mode & 0o777 == 0o700
    reports = len(mail.node.intent.reports)
    mail.agent.audit_now()
    mail.agent.deliver()
    assert not [one for report in mail.node.intent.reports[reports:] for one in report.reports]


def strange(group: str) -> tuple[tuple[str | int, ...], ...]:
    whole = ("x@fremd.test", PASSWORD, 0, "/root", 1, "stamp")
    return (whole if group == "dovecot" else (whole[0], "fremd.test", "stamp"),)


@pytest.mark.parametrize(
    "spec",
    [
        mailbox(uid=0), mailbox(subscription="../x"), mailbox(password="{PLAIN}x"), mailbox(token="../../../x"), mailbox(quota_mb=0),
        mailbox(forward_to=("|cat@x.test",)), mailbox(forward_to=("a b@x.test",)), mailbox("a/b@x.test"), mailbox("büro@x.test"),
        mailbox("info@x"), AddressSpec(INFO, "s000012", ("-f@x.test",)), AddressSpec(INFO, "s000012", (":include:/etc/passwd",)),
        AddressSpec(INFO, "s000012", (INFO,), ("a'b@x_y",)), domain(uid=0), domain("a_b.test"), domain("../../etc"), domain("x"),
        domain(catch_all="/etc/passwd"), domain(reserved=(Reserved("root"),)), domain(subscription="s1"),
    ],
    ids=repr,
)  # fmt: skip
def test_what_no_daemon_should_be_told_is_refused(mail: Mail, spec: DomainSpec | MailboxSpec | AddressSpec) -> None:
    mail.put(spec)
    key = spec.name if isinstance(spec, DomainSpec) else spec.address
    assert mail.last(key) == "failed" and "told of" in mail.node.intent.words(key)
    assert not list((mail.prefix.root / "mail").iterdir())


def test_used_bytes_are_read_cheaply_and_as_the_customer(mail: Mail) -> None:
    mail.put(domain(), mailbox())
    machine = Machine(mail.prefix, SystemClock())
    assert facts.findings(machine, {INFO: mailbox()}) == {INFO: {"bytes": 0}}
    mail.receive(mailbox(), "x" * 1234)
    assert facts.findings(machine, {INFO: mailbox()}) == {INFO: {"bytes": 1234}}
    sizes = mail.folder() / mailbox().folder / facts.SIZES
    with acting_as(UID):
        sizes.unlink()
        os.mkfifo(sizes)
    assert facts.size(mail.prefix, mailbox()) == 0
    secret = mail.prefix.root / "secret"
    secret.write_text("1S\n77 1\n")
    secret.chmod(0o600)
    with acting_as(UID):
        sizes.unlink()
        sizes.symlink_to(secret)
    assert facts.size(mail.prefix, mailbox()) == 0


@pytest.mark.parametrize(
    ("content", "size"),
    [
        (b"10S\n5 1\n7 1\n-2 -1\n", 10),
        (b"", 0),
        (b"10S\n-5 1\n", 0),
        (b"10S\nx y\n\n9 1", 9),
        (b"1S\n" + b"9" * 30 + b" 1\n", 0),
    ],
)
def test_sums_of_what_a_customer_may_have_written(content: bytes, size: int) -> None:
    assert facts.summed(content) == size


def test_all_mail_is_carried_out_and_in_byte_for_byte(mail: Mail, tmp_path: Path) -> None:
    mail.put(domain(), mailbox(), domain("neu.test", "s000013", OTHER))
    text = mail.receive(mailbox(), "Schöne Grüße")
    machine = Machine(mail.prefix, SystemClock())
    assert list(transfer.TRANSFER.save(machine, HomeSpec("s000012", UID), None, tmp_path) or ()) == []
    transfer.TRANSFER.load(machine, HomeSpec("s000013", OTHER), None, tmp_path)
    arrived = mail.folder("s000013") / text.relative_to(mail.folder())
    assert arrived.read_text() == "Schöne Grüße" and arrived.stat().st_uid == OTHER
    assert arrived.stat().st_mtime_ns == text.stat().st_mtime_ns


def test_a_subscription_without_mail_carries_nothing(mail: Mail, tmp_path: Path) -> None:
    machine = Machine(mail.prefix, SystemClock())
    transfer.TRANSFER.save(machine, HomeSpec("s000099", 1_000_099), None, tmp_path)
    transfer.TRANSFER.load(machine, HomeSpec("s000099", 1_000_099), None, tmp_path)
    assert list(tmp_path.iterdir()) == []
