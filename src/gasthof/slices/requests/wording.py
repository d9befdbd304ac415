"""Requests in words, in the language that is active."""

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from gasthof.kernel.amounts import amount
from gasthof.kernel.capability import Badge
from gasthof.slices.lifecycle.queries import FEES, Service, by_image
from gasthof.slices.requests import rules
from gasthof.slices.requests.models import Request, Step

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
    "drafted": gettext_lazy("Written down"),
    "changed": gettext_lazy("Changed"),
    "code": gettext_lazy("Code mailed"),
    "confirmed": gettext_lazy("Confirmed"),
    "carried_out": gettext_lazy("Carried out"),
    "answered": gettext_lazy("Answer of the system"),
    "in_case": gettext_lazy("Handed on to the case"),
    "passed_on": gettext_lazy("Passed on to support"),
    "wrote": gettext_lazy("Message"),
    "replied": gettext_lazy("Answer of support"),
    "accepted": gettext_lazy("Accepted"),
    "declined": gettext_lazy("Declined"),
    "failed": gettext_lazy("Could not be carried out"),
    "done": gettext_lazy("Done"),
    "dropped": gettext_lazy("Dropped"),
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
    kind = _("Message to support") if request.kind == rules.MESSAGE else str(KINDS[request.kind])
    return f"{kind}: {request.service.unicode}" if request.service else kind


def told(request: Request, step: Step) -> tuple[str, str]:
    """What a step was and what it says: a message is one from the beginning; what is above the thread is not said twice."""
    if request.kind == rules.MESSAGE and step.what == "drafted":
        return str(STEPS["wrote"]), step.words
    again = step.what in ("drafted", "changed") and step.words == request.words
    return str(STEPS[step.what]), "" if again else str(HOW.get(step.words, step.words))


def prices(request: Request) -> list[tuple[str, str]]:
    """What it costs, part by part, and the sum; nothing where nothing was quoted."""
    quote = request.offered
    if not quote:
        return []
    parts = [(_counted(line, quote), _price(None if line.net is None else line.net * line.count, quote)) for line in quote.lines]  # fmt: skip
    return [*parts, (_("Together, without VAT"), _price(quote.total, quote))]


def _counted(line: rules.Line, quote: rules.Quote) -> str:
    return f"{line.count} × {part(line, quote)}" if line.count > 1 else part(line, quote)


def _price(net: int | None, quote: rules.Quote) -> str:
    return _("on request") if net is None else amount(net, quote.currency)


def contents(request: Request) -> list[str]:
    """All that is confirmed by confirming it, a line each."""
    found = [title(request)]
    if request.case:
        found.append(_("Case %(number)d: %(title)s") % {"number": request.case_id, "title": request.case.title})
    if request.on:
        found.append(_("First day without it: %(day)s") % {"day": date_format(request.on, "DATE_FORMAT")})
    if request.onto and request.service:
        found += _on_server(request.onto, request.service, mail=request.mail)
    found += costs(request.offered) if request.offered else []
    return [*found, *([request.words] if request.words else [])]


def _on_server(onto: Service, service: Service, *, mail: bool) -> list[str]:
    found = [_("On server: %(server)s (number %(number)d)") % {"server": onto.unicode, "number": onto.pk}]
    if mail:
        found.append(_("With the mail of all its domains"))
    if by_image(service):
        found.append(_("What runs there is replaced by the image as a whole. Applications may find their data as after a power cut: file systems are frozen while an image is made, programs are not asked."))  # fmt: skip
    return found


def asked(request: Request) -> list[str]:
    """The same for the page, which shows prices as a list, and messages in their thread."""
    priced = costs(request.offered) if request.offered else []
    said = [request.words] if request.kind == rules.MESSAGE else []
    return [line for line in contents(request)[1:] if line not in (*priced, *said)]


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
