"""Forms of cases."""

from collections.abc import Iterable

from django.utils.translation import gettext_lazy as _

from gasthof.slices.cases import wording
from gasthof.slices.lifecycle.queries import TYPES, Service
from gasthof.ui.fields import Choice, Day, Paragraphs, Switch, Text
from gasthof.ui.forms import VerbForm


class Open(VerbForm):
    verb = "cases.open"
    title = Text(_("Title"), autocomplete="off")
    kind = Choice(_("Kind"), choices=tuple(wording.KINDS.items()))
    severity = Choice(_("Severity"), choices=tuple((str(number), word) for number, word in wording.SEVERITIES.items()))
    deliberate = Switch(_("Deliberate"))
    service = Choice(_("Service"), help_text=_("If it is about one."))
    mailbox = Text(
        _("Mailbox"), help_text=_("If it is about one alone: its address."), autocomplete="off", autocapitalize="none", spellcheck="false"
    )  # fmt: skip
    words = Paragraphs(_("What was seen"), help_text=_("The customer reads this."))

    def offer(self, services: Iterable[Service]) -> None:
        named = [(str(each.pk), f"{each.unicode} ({TYPES[each.type]})") for each in services]
        self.fields["severity"].help_text = ""  # the signature's is for programs: numbers
        self.fields["service"].choices = [("", "–"), *named]  # type: ignore[attr-defined]


class Warn(VerbForm):
    verb = "cases.warn"
    words = Paragraphs(_("What is to be mended"), help_text=_("The customer reads this."))
    deadline = Day(_("Until"))


class Note(VerbForm):
    verb = "cases.note"
    words = Paragraphs(_("Evidence"), help_text=_("The customer does not see this."))


class Mended(VerbForm):
    verb = "cases.mended"
    words = Paragraphs(_("What you have done"), help_text=_("In a sentence or two. Staff read it."))


class Lift(VerbForm):
    verb = "cases.lift"
    waived = Paragraphs(
        _("Why without the fee"),
        help_text=_("Needed only where unlocking costs a fee that is not paid. The customer does not see this."),
    )


class Charge(VerbForm):
    verb = "cases.charge"
    valid_until = Day(_("Payable until"))


class Close(VerbForm):
    verb = "cases.close"
    words = Paragraphs(_("How it ended"), help_text=_("The customer reads this."))
    unfounded = Switch(_("Unfounded"))
    waived = Paragraphs(
        _("Why without the fee"),
        help_text=_("Needed only where unlocking costs a fee that is not paid. The customer does not see this."),
    )


class ProposeEnd(VerbForm):
    verb = "cases.propose_end"
    words = Paragraphs(_("Why it ends at once"), help_text=_("The customer does not see this."))
