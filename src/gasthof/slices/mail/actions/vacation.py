"""The verb on a mailbox' out-of-office note."""

from typing import Annotated

from gasthof.kernel.actions import Result, action
from gasthof.kernel.call import Call
from gasthof.kernel.fields import UNCHANGED, Unchanged
from gasthof.kernel.values import Day
from gasthof.slices.mail import queries, rules
from gasthof.slices.mail.actions.mailboxes import saved
from gasthof.slices.mail.queries import MailboxRef
from gasthof.slices.mail.values import Message, Subject


@action("mail.set_vacation", permission="mail.write", on="mailbox")
def set_vacation(
    call: Call,
    *,
    mailbox: MailboxRef,
    active: Annotated[bool, "answer who writes to the mailbox"],
    subject: Annotated[Subject | Unchanged, "subject of the answers; empty: “Auto:” and that of the mail"] = UNCHANGED,
    text: Annotated[Message | Unchanged, "what is answered"] = UNCHANGED,
    first: Annotated[Day | Unchanged | None, "first day, such as 2026-12-24; empty: at once"] = UNCHANGED,
    last: Annotated[
        Day | Unchanged | None, "last day, such as 2027-01-06; empty: until it is switched off"
    ] = UNCHANGED,
) -> Result:
    """Answer who writes to a mailbox while its owner is away, or end that; what is not given stays."""
    queries.check_mail_changeable(call, mailbox.domain.subscription)
    mailbox.vacation_on = active
    if subject is not UNCHANGED:
        mailbox.vacation_subject = str(subject)
    if text is not UNCHANGED:
        mailbox.vacation_text = str(text)
    if first is not UNCHANGED:
        mailbox.vacation_first = first
    if last is not UNCHANGED:
        mailbox.vacation_last = last
    if active:
        today = queries.today(call.clocks.wall.now())
        rules.check_vacation(mailbox.vacation_text, mailbox.vacation_first, mailbox.vacation_last, today)
    return saved(call, mailbox, *(f"vacation_{name}" for name in ("on", "subject", "text", "first", "last")))
