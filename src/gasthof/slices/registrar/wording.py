"""What is said of domain names and of operations, in the reader's language."""

from datetime import date

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from gasthof.kernel.amounts import amount
from gasthof.slices.registrar import results, rules
from gasthof.slices.registrar.models import Operation, Registration
from gasthof.ui.parts import State


def asked(verb: str) -> str:
    """What a registry was asked, by the tag of the request."""
    return {
        "create": _("Register"),
        "renew": _("Renew"),
        "transfer": _("Take over"),
        "update": _("Change"),
        "cancel": _("Delete"),
        "release": _("Give back to the registry"),
        "restore_quote": _("Ask for the price of a restoration"),
        "restore": _("Restore"),
        "restore_report": _("Report the restoration"),
    }.get(verb, verb)


def progress(operation: Operation) -> State:
    return {
        Operation.WAITING: State(_("on its way"), "info", "loader-circle"),
        Operation.SENT: State(_("no answer yet"), "warn", "loader-circle"),
        Operation.PENDING: State(_("in progress"), "info", "loader-circle"),
        Operation.DONE: State(_("done"), "good", "circle-check"),
        Operation.REFUSED: State(_("refused"), "bad", "octagon-alert"),
        Operation.STUCK: State(_("outcome unknown"), "bad", "octagon-alert"),
    }[operation.state]


def standing(registration: Registration) -> State:
    """How a name stands, by what its registry said last."""
    if registration.state == Registration.ASKED:
        return State(_("on its way"), "info", "loader-circle")
    if registration.state == Registration.GONE:
        return State(_("not with us"), "", "circle-off")
    statuses = {*registration.statuses}
    known = {
        "pendingRestore": State(_("being restored"), "info", "loader-circle"),
        "redemptionPeriod": State(_("deleted"), "bad", "octagon-alert"),
        "quarantined": State(_("in quarantine"), "bad", "octagon-alert"),
        "pendingDelete": State(_("being deleted"), "bad", "octagon-alert"),
        "outzone": State(_("not reachable"), "bad", "octagon-alert"),
        "serverHold": State(_("not reachable"), "bad", "octagon-alert"),
        "autoRenewPeriod": State(_("expired"), "warn", "circle-pause"),
    }
    found = next((state for word, state in known.items() if word in statuses), None)
    return found or State(_("active"), "good", "circle-check")


def meaning(registration: Registration) -> str:
    """What its statuses mean for its holder, in a sentence; "": all is well, or nothing is known yet."""
    statuses = {*registration.statuses} if registration.state == Registration.HELD else set()
    known = {
        "pendingRestore": _("It is being restored; the registry waits for the reason."),
        "redemptionPeriod": _(
            "It is deleted and out of the DNS. For some time its holder alone can have it back, at a fee."
        ),
        "quarantined": _(
            "It is in quarantine and out of the DNS. For some time its holder alone can have it back, at a fee."
        ),
        "pendingDelete": _("It is being deleted for good. Afterwards anybody can register it."),
        "outzone": _("It has expired and is out of the DNS: website and mail do not work. Renewing it opens it again."),
        "serverHold": _(
            "It has expired and is out of the DNS: website and mail do not work. Renewing it opens it again."
        ),
        "autoRenewPeriod": _("It has expired. For some days it can still be renewed at the usual price."),
    }
    return next((sentence for word, sentence in known.items() if word in statuses), "")


def after_deletion(name: str) -> str:
    """What follows when the holder has it deleted, in a sentence."""
    known = rules.rules_of(name)
    days = next((span.since for span in known.cancelled if rules.RECOURSE[span.phase] == "nothing"), 0)
    if not days:
        return _("Website and mail stop, and anybody can register it at once. It cannot be undone.")
    return _(
        "Website and mail stop. For %(days)d days its holder can have it back, at a fee; later anybody can register it."
    ) % {"days": days}


def coming(registration: Registration, on: date) -> str:
    """What happens next if nobody does anything; "": nothing that dates alone would tell."""
    known = rules.rules_of(registration.name)
    if registration.ends is None or registration.state != Registration.HELD:
        return ""
    phase = rules.phase_of(known, registration.ends, None, on)
    change = rules.next_change(known, registration.ends, None, on)
    if change is None or not {*rules.STATUSES[phase]} <= {*registration.statuses}:
        return ""
    return f"{shown_day(change[0])}: {_phase(change[1])}"


def _phase(phase: rules.Phase) -> str:
    return {
        "active": _("active"),
        "out of zone": _("no longer reachable"),
        "frozen": _("no longer reachable, holder frozen"),
        "auto-renew grace": _("expired, renewable at the usual price"),
        "quarantine": _("quarantine, restored at a fee only"),
        "redemption": _("deleted, restored at a fee only"),
        "pending delete": _("no way back"),
        "free": _("free for anybody"),
    }[phase]


def finding(registration: Registration) -> str:
    """What the last look at the registry found wrong; "": nothing."""
    return {
        results.GONE: _("The registry does not know this domain name any more."),
        results.ELSEWHERE: _("The registry says that another registrar looks after this domain name."),
        results.WRONG_DATE: _("The registry tells an end date that cannot be right; the former one stays."),
    }.get(registration.finding, "")


def shown_day(day: date | None) -> str:
    return date_format(day, "DATE_FORMAT") if day else ""


def euros(cents: int) -> str:
    return amount(cents, "EUR")


def recourse(registration: Registration) -> rules.Recourse:
    """What can be done for it, by what its registry said last."""
    statuses = {*registration.statuses}
    if statuses & {"redemptionPeriod", "quarantined"}:
        return "restore"
    return "nothing" if statuses & {"pendingDelete", "pendingRestore"} else "renew"
