"""Work of access that waits for no visitor."""

from datetime import timedelta

from django.contrib.sessions.models import Session
from procrastinate.contrib.django import app

from gasthof.kernel.actions import perform
from gasthof.kernel.clock import SystemClock
from gasthof.kernel.permissions import SYSTEM
from gasthof.kernel.refusal import ActionRefused
from gasthof.prefix import Prefix
from gasthof.slices.access import outbox, sending
from gasthof.slices.access.models import OneTimeLink, OutgoingMail
from gasthof.slices.access.queries import user_of

KEPT = timedelta(days=90)  # links that are worth nothing any more, mails that were sent or given up


@app.task(name=outbox.JOB)
def deliver(mail: int) -> None:
    prefix = Prefix.current()
    outbox.deliver(mail, SystemClock().now(), prefix.mail_sender, lambda made: sending.send(made, prefix))


@app.periodic(cron="*/5 * * * *")
@app.task(name="access.resume", queueing_lock="access.resume")
def resume(timestamp: int) -> None:
    """Mails that lost their job get another. `timestamp` is the minute it was due at."""
    outbox.resume(SystemClock().now())


@app.task(name="access.forgotten")
def forgotten(address: str) -> None:
    """Somebody forgot a password. Looked up here and not while they wait: no time tells whether there is such an address."""
    user = user_of(address)
    if user is None or not user.active:
        return
    try:
        perform(SYSTEM, "access.send_link", {"user": str(user.pk)})
    except ActionRefused:
        return  # enough mails for now


@app.periodic(cron="17 3 * * *")
@app.task(name="access.tidy", queueing_lock="access.tidy")
def tidy(timestamp: int) -> None:
    """`timestamp` is the minute it was due at."""
    now = SystemClock().now()
    OneTimeLink.objects.filter(expires__lt=now - KEPT).delete()
    OutgoingMail.objects.filter(ended__lt=now - KEPT).delete()
    Session.objects.filter(expire_date__lt=now).delete()
