"""What notices say. Each tells all that will happen, and when, so that the first one that arrives is notice of the deletion, too."""

from datetime import date

from django.conf import settings
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from gasthof.kernel import registry
from gasthof.slices.billing.queries import open_for
from gasthof.slices.billing.rules.money import Money
from gasthof.slices.lifecycle.queries import TYPES, Service, course

SUBJECTS = {
    "renewal_due": _("%(service)s is to be renewed by %(day)s"),
    "last_days": _("%(service)s expires on %(day)s"),
    "closed": _("%(service)s has expired"),
    "fee_from_now": _("%(service)s: renewing it costs a fee from now on"),
    "deletion_near": _("%(service)s will be deleted soon"),
    "deletion_tomorrow": _("%(service)s will be deleted tomorrow"),
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
    "fee_from_now": _(
        "your service was paid until the day before %(day)s. It can still be renewed, but from now on that costs a fee."
    ),
    "deletion_near": _("your service was paid until the day before %(day)s and is closed. It will soon be deleted."),
    "deletion_tomorrow": _("your service was paid until the day before %(day)s. Tomorrow it will be deleted."),
}


def subject(name: str, service: Service, first: date) -> str:
    """In the language that is active, as all here. No line break comes through."""
    words = str(SUBJECTS[name]) % {"service": f"{TYPES[service.type]} {service.unicode}", "day": _day(first)}
    return " ".join(words.split())[:250]


def paragraphs(name: str, service: Service, first: date, on: date) -> list[str]:
    known = course(service, on)
    found = [
        str(OPENING[name]) % {"day": _day(first)},
        str(_("Service: %(service)s (number %(number)d)")) % {"service": f"{TYPES[service.type]} {service.unicode}", "number": service.pk},
    ]  # fmt: skip
    if known.sentence:
        found.append(str(_("If nothing is paid: %(what)s.")) % {"what": known.sentence})
    if price := registry.renewal_price(service):
        found.append(str(_("The renewal costs %(price)s.")) % {"price": price})
    if proforma := open_for(f"lifecycle:{service.pk}"):
        found.append(
            str(_("Proforma invoice %(number)d: %(amount)s, payable until %(day)s. Give this number as variable symbol or purpose."))
            % {"number": proforma.number, "amount": Money(proforma.total - proforma.received, proforma.currency), "day": _day(proforma.valid_until)}
        )  # fmt: skip
    found.append(
        str(_("Everything about it: %(address)s")) % {"address": f"{settings.PANEL_ADDRESS}/services/{service.pk}/"}
    )
    return found


def _day(day: date) -> str:
    return date_format(day, "DATE_FORMAT")
