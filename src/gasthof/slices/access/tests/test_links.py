"""One-time links and the mails that carry them."""

import base64
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage

import pytest
from tests.habits.furnished import made_once
from tests.house import OPERATOR, House, settle

from gasthof.kernel.actions import perform
from gasthof.kernel.clock import Clocks, FixedClock
from gasthof.kernel.models import AuditEntry
from gasthof.kernel.refusal import ActionRefused
from gasthof.kernel.sealing import unseal
from gasthof.slices.access import jobs, links, outbox, rules
from gasthof.slices.access.models import OneTimeLink, OutgoingMail, User
from gasthof.slices.access.sending import Later, Undeliverable

pytestmark = [pytest.mark.django_db, pytest.mark.quick]

NOW = datetime(2026, 12, 1, 12, tzinfo=UTC)
CLOCKS = Clocks(FixedClock(NOW), FixedClock(NOW))
SENDER = "postmaster@server.gasthof.test"


furnished_once, house = made_once(settle)


def invite(house: House, email: str = "Anna@Bäckerei-Müller.test", **more: object) -> User:
    fields = {"customer": str(house.baker.customer), "email": email, "name": "Anna Öz", **more}
    return User.objects.get(pk=perform(OPERATOR, "access.invite", fields, CLOCKS).result["user"])


def token(user: User, lifetime: timedelta = timedelta(hours=1), purpose: str = OneTimeLink.PASSWORD) -> str:
    return links.make(user, purpose, NOW, lifetime, "neu@example.org").split("/")[-2]


def test_an_address_is_one_however_it_is_spelled(house: House) -> None:
    user = invite(house)
    assert user.email == "anna@xn--bckerei-mller-bfb28a.test" and user.address == "anna@bäckerei-müller.test"
    for again in ("ANNA@bäckerei-müller.test", "anna@XN--bckerei-mller-bfb28a.test", " anna@bäckerei-müller.test "):
        with pytest.raises(ActionRefused, match="already"):
            invite(house, again)


@pytest.mark.parametrize(
    "email", ["", "anna", "@example.org", "anna@", "a b@example.org", "a@b@example.org", "anna@example",
              "a\r\nBcc: x@example.org@example.org", "anna@example.org\nx", ".a@example.org", "a..b@example.org", "a" * 65 + "@example.org"],
)  # fmt: skip
def test_what_is_no_address_is_refused(house: House, email: str) -> None:
    with pytest.raises(ActionRefused) as refused:
        invite(house, email)
    assert [error.field for error in refused.value.errors] == ["email"]


def test_a_link_holds_32_random_bytes_and_the_table_only_their_digest(house: House) -> None:
    user = invite(house)
    seen = {token(user) for _ in range(50)}
    assert len(seen) == 50
    assert all(len(base64.urlsafe_b64decode(each + "=")) == 32 for each in seen)
    row = OneTimeLink.objects.get(user=user)
    assert len(row.digest) == 32 and bytes(row.digest) not in {base64.urlsafe_b64decode(each + "=") for each in seen}


def test_a_link_is_spent_once(house: House) -> None:
    made = token(invite(house))
    assert links.find(OneTimeLink.PASSWORD, made, NOW) and links.find(OneTimeLink.PASSWORD, made, NOW)
    assert links.spend(OneTimeLink.PASSWORD, made, NOW)
    assert links.spend(OneTimeLink.PASSWORD, made, NOW) is None


def test_a_link_expires(house: House) -> None:
    made = token(invite(house), timedelta(hours=1))
    assert links.find(OneTimeLink.PASSWORD, made, NOW + timedelta(minutes=59))
    assert links.find(OneTimeLink.PASSWORD, made, NOW + timedelta(hours=1)) is None


@pytest.mark.parametrize("purpose", links.PATHS)
def test_a_link_of_one_purpose_is_worth_nothing_at_another(house: House, purpose: str) -> None:
    made = token(invite(house), purpose=purpose)
    assert [other for other in links.PATHS if links.find(other, made, NOW)] == [purpose]


def test_a_newer_link_takes_the_worth_of_the_older(house: House) -> None:
    user = invite(house)
    older, newer = token(user), token(user)
    assert links.find(OneTimeLink.PASSWORD, older, NOW) is None and links.find(OneTimeLink.PASSWORD, newer, NOW)


@pytest.mark.parametrize("change", ["deactivate", "remove_user", "change_user"])
def test_a_link_goes_with_what_it_was_for(house: House, change: str) -> None:
    user = invite(house)
    made = token(user)
    more = {"email": "neu@example.org"} if change == "change_user" else {}
    house.run(f"access.{change}", user=user.pk, **more)
    assert links.find(OneTimeLink.PASSWORD, made, NOW) is None


@pytest.mark.parametrize(
    "text", ["", "x", "A" * 42, "A" * 44, "ä" * 43, "A" * 42 + "\x00", "../" * 14 + "A", "A" * 42 + "!"]
)
def test_what_is_no_token_finds_nothing(text: str) -> None:
    assert links.find(OneTimeLink.PASSWORD, text, NOW) is None


def test_only_operators_are_told_the_link(house: House) -> None:
    user = invite(house)
    assert "link" in house.run("access.send_link", user=user.email).result
    assert "link" not in house.run("access.send_link", house.baker, user=user.email).result


def test_the_first_mail_names_the_server_and_holds_the_link_but_no_password(house: House) -> None:
    house.node.host = "xn--kln-sna.gasthof.test"
    house.node.save()
    user = invite(house)
    mail = OutgoingMail.objects.get(user=user)
    assert "link" not in mail.body and mail.state == OutgoingMail.QUEUED
    message = outbox.message(mail, SENDER)
    text = message.get_content()
    assert "https://localhost:" in text and "/link/password/" in text and "köln.gasthof.test" in text
    assert message["Subject"] == "Ihr Zugang zum Hosting-Panel" and message["To"] == user.email
    assert message["Message-ID"] == f"<{mail.message_id}@server.gasthof.test>" and message["Auto-Submitted"]
    assert message.get_content_type() == "text/plain" and message.as_bytes().isascii()


def test_mails_speak_the_readers_language(house: House) -> None:
    user = invite(house, language="en")
    mail = OutgoingMail.objects.get(user=user)
    assert mail.subject == "Your access to the hosting panel" and "Good day Anna Öz," in unseal(mail.body)


def test_nobody_is_written_to_without_end(house: House) -> None:
    user = invite(house)
    for _ in range(rules.MOST_MAILS - 1):
        perform(house.baker, "access.send_link", {"user": user.email}, CLOCKS)
    with pytest.raises(ActionRefused, match="enough"):
        perform(house.baker, "access.send_link", {"user": user.email}, CLOCKS)
    later = FixedClock(NOW + timedelta(hours=2))
    perform(house.baker, "access.send_link", {"user": user.email}, Clocks(later, later))


class Server:
    """Raises what it is told to, else takes what comes."""

    def __init__(self, *troubles: Exception) -> None:
        self.troubles = list(troubles)
        self.taken: list[EmailMessage] = []

    def __call__(self, message: EmailMessage) -> str:
        if self.troubles:
            raise self.troubles.pop(0)
        self.taken.append(message)
        return "250 2.0.0 Ok: queued as 4F2A"


def attempt(mail: OutgoingMail, send: outbox.Send, at: datetime = NOW) -> OutgoingMail:
    outbox.deliver(mail.pk, at, SENDER, send)
    mail.refresh_from_db()
    return mail


def test_a_mail_is_sent_once_and_what_it_said_is_forgotten(house: House) -> None:
    mail, server = OutgoingMail.objects.get(user=invite(house)), Server()
    for _ in range(3):
        attempt(mail, server)
    assert (len(server.taken), mail.state, mail.body, mail.ended) == (1, OutgoingMail.SENT, "", NOW)
    assert mail.words == "250 2.0.0 Ok: queued as 4F2A"


def test_a_mail_is_tried_again_later_and_later(house: House) -> None:
    mail, server = OutgoingMail.objects.get(user=invite(house)), Server(Later("451 busy"), Later("no route"))
    assert attempt(mail, server).words == "451 busy" and mail.due == NOW + timedelta(minutes=1)
    assert attempt(mail, server).attempts == 1, "it is not due"
    assert attempt(mail, server, mail.due).due == NOW + timedelta(minutes=3)
    assert attempt(mail, server, mail.due).state == OutgoingMail.SENT
    assert server.taken[0]["Message-ID"] == f"<{mail.message_id}@server.gasthof.test>"


def test_a_mail_is_given_up_with_the_servers_words(house: House) -> None:
    mail = OutgoingMail.objects.get(user=invite(house))
    attempt(mail, Server(Undeliverable("550 5.1.1 unknown")))
    assert (mail.state, mail.words, mail.body) == (OutgoingMail.FAILED, "550 5.1.1 unknown", "")


def test_in_the_end_it_is_given_up(house: House) -> None:
    mail = OutgoingMail.objects.get(user=invite(house))
    while mail.state == OutgoingMail.QUEUED:
        attempt(mail, Server(Later("away")), mail.due)
    assert mail.state == OutgoingMail.FAILED and mail.attempts == rules.ATTEMPTS
    assert timedelta(days=1) < mail.ended - NOW < timedelta(days=4)


def test_a_mail_that_lost_its_job_gets_another(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    mail = OutgoingMail.objects.get(user=invite(house))
    enqueued: list[int] = []
    monkeypatch.setattr(outbox, "enqueue", lambda lost, due: enqueued.append(lost.pk))
    outbox.resume(NOW + timedelta(minutes=4))
    assert enqueued == []
    outbox.resume(NOW + timedelta(minutes=6))
    assert enqueued == [mail.pk]


def test_who_forgot_a_password_gets_a_link_and_who_is_not_there_gets_none(house: House) -> None:
    user = invite(house, mail="no")
    jobs.forgotten.func("anna@bäckerei-müller.test")
    jobs.forgotten.func("niemand@bäckerei-müller.test")
    assert [mail.recipient for mail in OutgoingMail.objects.all()] == [user.email]
    house.run("access.deactivate", user=user.pk)
    jobs.forgotten.func("anna@bäckerei-müller.test")
    assert OutgoingMail.objects.count() == 1
    assert AuditEntry.objects.filter(verb="access.send_link", actor="system", outcome="done").count() == 1
