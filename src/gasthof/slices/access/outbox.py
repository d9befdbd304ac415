"""Mails on their way out: written in the transaction of what they tell of, sent by a job, never again once that is recorded."""

from collections.abc import Callable
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from uuid import uuid4

from django.db import transaction
from django.template.loader import render_to_string
from procrastinate.contrib.django import app

from gasthof.kernel.sealing import seal, unseal
from gasthof.slices.access import rules
from gasthof.slices.access.letters import Letter
from gasthof.slices.access.models import OutgoingMail, User
from gasthof.slices.access.sending import Later, Undeliverable

JOB = "access.deliver"
Send = Callable[[EmailMessage], str]  # the server's words; raises Later or Undeliverable


def post(user: User, letter: Letter, now: datetime, *, to: str = "", page: str = "") -> OutgoingMail:
    """To the user's address, or to another one of theirs. `page`: the template of an HTML part beside the text."""
    mail = OutgoingMail.objects.create(
        user=user,
        recipient=to or user.email,
        subject=letter.subject,
        body=seal(letter.body),
        page=page,
        message_id=str(uuid4()),
        language=user.language,
        created=now,
        due=now,
    )
    enqueue(mail, now)
    return mail


def enqueue(mail: OutgoingMail, due: datetime) -> None:
    app.configure_task(JOB, schedule_at=due).defer(mail=mail.pk)


def enough(user: User, now: datetime) -> bool:
    """Whether this person has been written to often enough for now."""
    return user.mails.filter(created__gt=now - timedelta(hours=1)).count() >= rules.MOST_MAILS


def deliver(number: int, now: datetime, sender: str, send: Send) -> None:
    """One attempt at a mail that is due. Its row is locked meanwhile: no second worker sends the same."""
    with transaction.atomic():
        due = OutgoingMail.objects.select_for_update(skip_locked=True).filter(state=OutgoingMail.QUEUED, due__lte=now)
        mail = due.filter(pk=number).first()
        if mail is not None:
            _attempt(mail, now, sender, send)
            mail.save()


def _attempt(mail: OutgoingMail, now: datetime, sender: str, send: Send) -> None:
    mail.attempts += 1
    try:
        answer = send(message(mail, sender))
    except Undeliverable as refusal:
        _end(mail, OutgoingMail.FAILED, now, str(refusal))
    except Later as trouble:
        wait = rules.until_next_attempt(mail.attempts)
        if wait is None:
            _end(mail, OutgoingMail.FAILED, now, str(trouble))
        else:
            mail.due, mail.words = now + wait, str(trouble)
            enqueue(mail, mail.due)
    else:
        _end(mail, OutgoingMail.SENT, now, answer)


def _end(mail: OutgoingMail, state: str, now: datetime, words: str) -> None:
    mail.state, mail.ended, mail.words, mail.body = state, now, words, ""


def message(mail: OutgoingMail, sender: str) -> EmailMessage:
    """RFC 5322, plain text, and the same words as HTML where the mail has a page. The same number each time it is tried, so that a copy can be
    known for one."""
    made = EmailMessage(policy=SMTP)
    made["From"] = f"Gasthof <{sender}>"
    made["To"] = mail.recipient
    made["Subject"] = mail.subject
    made["Date"] = format_datetime(mail.created)
    made["Message-ID"] = f"<{mail.message_id}@{sender.rpartition('@')[2]}>"
    made["Auto-Submitted"] = "auto-generated"
    made["Content-Language"] = mail.language
    body = unseal(mail.body)
    made.set_content(body, cte="quoted-printable")
    if mail.page:
        words = {"language": mail.language, "subject": mail.subject, "paragraphs": body.strip().split("\n\n")}
        made.add_alternative(render_to_string(mail.page, words), subtype="html", cte="quoted-printable")
    return made


def resume(now: datetime) -> None:
    """What lost its job, as when a worker was killed at it."""
    for mail in OutgoingMail.objects.filter(state=OutgoingMail.QUEUED, due__lte=now - timedelta(minutes=5))[:1_000]:
        enqueue(mail, now)
