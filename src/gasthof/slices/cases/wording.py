"""Cases in words: steps, and what a customer can do. In the language that is active."""

from collections.abc import Sequence

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from gasthof.kernel.amounts import amount
from gasthof.kernel.capability import Badge
from gasthof.slices.cases import rules
from gasthof.slices.cases.models import Case
from gasthof.slices.mail.queries import readable

KINDS = {"breach": gettext_lazy("Breach of terms"), "security": gettext_lazy("Security")}
SEVERITIES = {
    rules.MINOR: gettext_lazy("minor"), rules.SERIOUS: gettext_lazy("serious"), rules.SEVERE: gettext_lazy("severe"),
}  # fmt: skip
STEPS = {
    "opened": gettext_lazy("Opened"),
    "signal": gettext_lazy("A program saw something"),
    "warned": gettext_lazy("Warning"),
    "noted": gettext_lazy("Evidence noted"),
    "held": gettext_lazy("Locked"),
    "lifted": gettext_lazy("Unlocked"),
    "mended": gettext_lazy("Reported as mended"),
    "charged": gettext_lazy("Unlocking fee invoiced"),
    "waived": gettext_lazy("Unlocking fee waived"),
    "end_proposed": gettext_lazy("End at once proposed"),
    "end_confirmed": gettext_lazy("End confirmed by a second person"),
    "closed": gettext_lazy("Closed"),
}
REASONS = {
    rules.REPEATED: gettext_lazy("it is not the first case within a short time"),
    rules.IGNORED: gettext_lazy("a warning’s deadline has passed"),
    rules.GRAVE: gettext_lazy("it is severe"),
    rules.DELIBERATE: gettext_lazy("it is deliberate"),
}


def standing(case: Case) -> Badge:
    """A case as a badge."""
    if case.closed:
        return _("closed"), "", "circle-check"
    if case.held:
        return _("locked"), "bad", "lock"
    return (_("mended, to be looked at"), "info", "eye") if case.mended else (_("open"), "warn", "triangle-alert")


def about(case: Case) -> str:
    """The mailbox or the service, with umlauts; "" where it is about the customer as such."""
    return readable(case.mailbox) if case.mailbox else case.service.unicode if case.service else ""


def advice(case: Case) -> str:
    """What the customer can do."""
    if case.mailbox:
        return _(
            "Choose a new password for the mailbox, check the computers and phones that use it for malware, and then report in the "
            "panel that it is mended."
        )
    if case.kind == "security":
        return _(
            "Remove what does not belong to your website, bring its software up to date, choose new passwords, and then report in "
            "the panel that it is mended."
        )
    return _("Remove what the case is about, and then report in the panel that it is mended.")


def fee(terms: rules.Terms, why: Sequence[str]) -> str:
    """What unlocking costs, and why."""
    if not why:
        return _("Unlocking is free of charge.")
    named = ", ".join(str(REASONS[each]) for each in why)
    return _("Unlocking costs %(amount)s without VAT: %(why)s.") % {
        "amount": amount(terms.fee, terms.currency),
        "why": named,
    }
