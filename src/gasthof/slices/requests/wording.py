"""Requests in words, in the language that is active."""

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from gasthof.kernel.amounts import amount
from gasthof.kernel.capability import Badge
from gasthof.slices.lifecycle.queries import FEES
from gasthof.slices.requests import rules
from gasthof.slices.requests.models import Request

KINDS = {
    rules.MESSAGE: gettext_lazy("Write to support"),
    rules.END: gettext_lazy("End a service"),
    rules.WITHDRAW: gettext_lazy("Take back its end"),
    rules.RESTORE: gettext_lazy("Restore a service"),
    rules.BACKUP: gettext_lazy("Ask for a backup"),
    rules.MENDED: gettext_lazy("Report that it is mended"),
}
SIGNS = {
    rules.END: "calendar-x", rules.WITHDRAW: "rotate-ccw", rules.RESTORE: "archive-restore", rules.BACKUP: "archive",
    rules.MENDED: "circle-check", rules.MESSAGE: "message-circle",
}  # fmt: skip
STEPS = {
    "drafted": gettext_lazy("It was written down."),
    "changed": gettext_lazy("It was changed."),
    "code": gettext_lazy("A code was mailed."),
    "confirmed": gettext_lazy("It was confirmed."),
    "carried_out": gettext_lazy("It was carried out."),
    "answered": gettext_lazy("The system has answered."),
    "in_case": gettext_lazy("It stands in the case, and staff look at it there."),
    "passed_on": gettext_lazy("It is before staff."),
    "wrote": gettext_lazy("A message"),
    "replied": gettext_lazy("Support has answered."),
    "accepted": gettext_lazy("It was accepted."),
    "declined": gettext_lazy("It was declined."),
    "failed": gettext_lazy("It could not be carried out."),
    "done": gettext_lazy("It is done."),
    "dropped": gettext_lazy("It was dropped."),
}
HOW = {
    "code": gettext_lazy("By a code that was mailed."),
    "factor": gettext_lazy("By a second factor."),
}


def standing(request: Request) -> Badge:
    """A request as a badge."""
    known: dict[str, Badge] = {
        rules.DRAFTED: (_("not confirmed"), "warn", "pencil"),
        rules.WAITING: (_("before staff"), "info", "hourglass"),
        rules.ACCEPTED: (_("accepted, to be paid"), "warn", "receipt"),
        rules.DONE: (_("done"), "good", "circle-check"),
        rules.DECLINED: (_("declined"), "bad", "circle-off"),
        rules.FAILED: (_("failed"), "bad", "octagon-alert"),
        rules.DROPPED: (_("dropped"), "", "circle-off"),
    }
    return known[request.state]


def title(request: Request) -> str:
    """“End a service: bäckerei-müller.de”."""
    kind = str(KINDS[request.kind])
    return f"{kind}: {request.service.unicode}" if request.service else kind


def contents(request: Request) -> list[str]:
    """All that is confirmed by confirming it, a line each."""
    found = [title(request)]
    if request.case:
        found.append(_("Case %(number)d: %(title)s") % {"number": request.case_id, "title": request.case.title})
    if request.on:
        found.append(_("First day without it: %(day)s") % {"day": date_format(request.on, "DATE_FORMAT")})
    found += costs(request.offered) if request.offered else []
    return [*found, *([request.words] if request.words else [])]


def costs(quote: rules.Quote) -> list[str]:
    """A line for each part, and the sum."""
    found = [_line(line, quote) for line in quote.lines]
    if quote.total is None:
        return [*found, _("Together: on request")]
    return [*found, _("Together: %(amount)s without VAT") % {"amount": amount(quote.total, quote.currency)}]


def part(line: rules.Line, quote: rules.Quote) -> str:
    if line.what != rules.RENEWAL:
        return str(FEES[line.what]) if line.what in FEES else line.what
    return _("Renewal for %(months)d months") % {"months": quote.months} if quote.months else _("Renewal")


def _line(line: rules.Line, quote: rules.Quote) -> str:
    name = part(line, quote)
    if line.net is None:
        return _("%(name)s, on request") % {"name": name}
    times = f"{line.count} × " if line.count > 1 else ""
    return f"{name}: {times}{amount(line.net, quote.currency)}"
