"""What notices say. Each tells all that will happen, and when, so that the first one that arrives is notice of the deletion, too.

A notice may go later than on its day, and of a service that is held or was given days back: what it opens with is therefore
chosen by what will happen (`lifecycle.queries.course`), not by its name alone.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from django.conf import settings
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from gasthof.kernel import registry
from gasthof.kernel.amounts import amount
from gasthof.slices.billing.queries import open_for
from gasthof.slices.lifecycle.queries import TYPES, Course, Service, course
from gasthof.slices.lifecycle.rules.policy import DELETED, ENDS, RELEASED, RENEWABLE_BY_FEE, SERVED
from gasthof.slices.lifecycle.rules.timeline import Step
from gasthof.slices.notices import rules

UNPAID = "unpaid"  # what is true of each service that a notice is about, whatever else is
SUBJECTS = {
    "renewal_due": _("%(service)s is to be renewed by %(day)s"),
    "last_days": _("%(service)s expires on %(day)s"),
    "closed": _("%(service)s has expired"),
    "fee_from_now": _("%(service)s: renewing it costs a fee from %(other)s on"),
    DELETED: _("%(service)s will be deleted on %(other)s"),
    RELEASED: _("%(service)s goes back to its registry on %(other)s"),
    UNPAID: _("%(service)s is not paid from %(day)s on"),
}
NAMES = {
    "renewal_due": _("Renewal is due"),
    "last_days": _("Last days"),
    "closed": _("Expired"),
    "fee_from_now": _("Fee from now on"),
    "deletion_near": _("Deletion is near"),
    "deletion_tomorrow": _("Deletion is tomorrow"),
}
OPENING = {
    "renewal_due": _(
        "your service is paid until the day before %(day)s. If you want to keep it, please pay its renewal by then."
    ),
    "last_days": _(
        "your service expires in a few days, on %(day)s. If you want to keep it, please pay its renewal by then."
    ),
    "closed": _(
        "your service has expired: it was paid until the day before %(day)s. Pay its renewal, and it is open again at once."
    ),
    "fee_from_now": _("renewing your service costs a fee from %(other)s on. It is not paid from %(day)s on."),
    DELETED: _("your service is not paid from %(day)s on. On %(other)s it will be deleted."),
    RELEASED: _("your domain name is not paid from %(day)s on. On %(other)s it goes back to its registry."),
    UNPAID: _("your service is not paid from %(day)s on."),
}
AFTER_SUBJECTS = {
    rules.ENDED: _("%(service)s was deleted"),
    RELEASED: _("%(service)s went back to its registry"),
    rules.LAST_CHANCE: _("%(service)s can be restored until %(day)s"),
    rules.RESTORED: _("%(service)s is there again"),
}
AFTER = {
    rules.ENDED: _("your service ended on %(day)s and is deleted."),
    RELEASED: _("your domain name went back to its registry on %(day)s."),
    rules.LAST_CHANCE: _(
        "your service was deleted. What was saved of it is kept until %(day)s; after that day nothing of it can be restored."
    ),
    rules.RESTORED: _("your service was restored of what was saved of it. It is paid until the day before %(day)s."),
}
RESTORABLE = _("What was saved of it can be restored until %(day)s: ask for it in the customer centre.")
GONE = _("Nothing of it can be restored.")


@dataclass(frozen=True)
class Letter:
    subject: str  # without a line break, at most 250 characters
    paragraphs: tuple[str, ...]
    end: date | None  # the day on which time ends the service, which is in it; None: it says of none

    @property
    def text(self) -> str:
        return "\n\n".join(self.paragraphs)


def letter(name: str, service: Service, first: date, on: date) -> Letter:
    """A notice as it would be on that day, in the language that is active."""
    if name in rules.AFTER:
        return _after(name, service, first, on)
    known = course(service, on)
    key, other = _chosen(name, service, known, first, on)
    named = f"{TYPES[service.type]} {service.unicode}"
    words = {"service": named, "day": _day(first), "other": _day(other)}
    found = [
        str(OPENING[key]) % words,
        str(_("Service: %(service)s (number %(number)d)")) % {"service": named, "number": service.pk},
        *_what_comes(service, known),
        _address(service),
    ]
    return Letter(" ".join((str(SUBJECTS[key]) % words).split())[:250], tuple(found), _named(service, known))


def _after(name: str, service: Service, first: date, on: date) -> Letter:
    """Of what has ended: what became of it, and until when it can come back; of what was restored, until when it is paid."""
    named = f"{TYPES[service.type]} {service.unicode}"
    key = RELEASED if name == rules.ENDED and service.phase == RELEASED else name
    last = service.due_at - timedelta(days=1) if service.due_at and name != rules.RESTORED else None
    day = last if name == rules.LAST_CHANCE and last else service.ended or first
    words = {"service": named, "day": _day(day)}
    found = [str(AFTER[key]) % words, str(_("Service: %(service)s (number %(number)d)")) % {"service": named, "number": service.pk}]  # fmt: skip
    if name == rules.ENDED:
        kept = RESTORABLE if last else GONE
        found.append(str(kept) % {"day": _day(last or day)})
    if name != rules.RESTORED:
        found += course(service, on).at_the_end
    found.append(_address(service))
    return Letter(" ".join((str(AFTER_SUBJECTS[key]) % words).split())[:250], tuple(found), None)


def _address(service: Service) -> str:
    return str(_("Everything about it: %(address)s")) % {"address": f"{settings.PANEL_ADDRESS}/services/{service.pk}/"}


def _chosen(name: str, service: Service, known: Course, first: date, on: date) -> tuple[str, date]:
    """What it opens with, and the day that this names beside the first unpaid one."""
    if name.startswith("deletion"):
        end = _end(known)
        return (end.phase, end.day) if end else (UNPAID, first)
    if name == "fee_from_now":
        fee = next((step.day for step in known.steps if step.renewal == RENEWABLE_BY_FEE), None)
        return (name, fee) if fee else (UNPAID, first)
    if name == "closed":
        return (name if _paying_opens(service, known) else UNPAID, first)
    return (name if on < first else UNPAID, first)


def _end(known: Course) -> Step | None:
    """The day on which time ends it, or a termination; None while nothing says so, as where it is kept for a case."""
    return next((step for step in known.steps[1:] if step.phase in ENDS), None)


def _named(service: Service, known: Course) -> date | None:
    """A termination's day tells of no other: its customer may take it back."""
    end = _end(known)
    return end.day if end and end.day != service.ends_on else None


def _paying_opens(service: Service, known: Course) -> bool:
    """Whether it is closed by being unpaid and by nothing else."""
    today = known.policy.of(service.type, service.tld).named(known.steps[0].phase)
    return SERVED not in today.can and not service.closed


def _what_comes(service: Service, known: Course) -> list[str]:
    found = []
    if known.sentence:
        found.append(str(_("If nothing is paid: %(what)s.")) % {"what": known.sentence})
    if known.at_the_end:
        found.append(str(_("When it is deleted: %(what)s")) % {"what": " ".join(known.at_the_end)})
    if price := registry.renewal_price(service):
        found.append(str(_("The renewal costs %(price)s.")) % {"price": price})
    if proforma := open_for(f"lifecycle:{service.pk}"):
        found.append(
            str(_("Proforma invoice %(number)d: %(amount)s, payable until %(day)s. Give this number as variable symbol or purpose."))
            % {"number": proforma.number, "amount": amount(proforma.total - proforma.received, proforma.currency), "day": _day(proforma.valid_until)}
        )  # fmt: skip
    return found


def _day(day: date) -> str:
    return date_format(day, "DATE_FORMAT")
