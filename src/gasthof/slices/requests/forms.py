"""Forms of requests."""

from collections.abc import Iterable

from django.utils.translation import gettext_lazy as _

from gasthof.slices.cases.queries import Case
from gasthof.slices.lifecycle.queries import TYPES, Service
from gasthof.slices.requests import rules
from gasthof.ui.fields import Choice, Day, Paragraphs, Switch, Text
from gasthof.ui.forms import VerbForm


class Draft(VerbForm):
    """Of one kind, which the page knows."""

    verb = "requests.draft"
    service = Choice(_("Service"))
    case = Choice(_("Case"))
    on = Day(_("First day without it"), help_text=_("Leave it empty to end it when what is paid has run out."))
    onto = Choice(
        _("On server"), help_text=_("Only of a virtual or application server, or its mail: which one it is to come back on.")
    )  # fmt: skip
    mail = Switch(
        _("With the mail of all its domains"), help_text=_("Only of a virtual server. It costs a fee for each domain.")
    )
    words = Paragraphs(_("Message to support"))

    def suit(self, kind: str, services: Iterable[Service], cases: Iterable[Case], servers: Iterable[Service]) -> None:
        """Shows what that kind needs."""
        listed, places = _named(services), _named(servers)
        needed = kind in rules.OF_SERVICES
        service, words = self.fields["service"], self.fields["words"]
        service.choices = listed if needed else [("", "–"), *listed]  # type: ignore[attr-defined]
        service.help_text = ""  # the signature's is for programs: a number
        service.needed, words.needed = needed, kind in rules.IN_WORDS  # type: ignore[attr-defined]
        self.fields["case"].choices = [("", "–"), *((str(each.pk), f"V-{each.pk} {each.title}") for each in cases)]  # type: ignore[attr-defined]
        self.fields["case"].help_text = _("If it is about one: then it stands there, too.")
        if kind != rules.END:
            del self.fields["on"]
        if kind != rules.MENDED:
            del self.fields["case"]
        self.fields["onto"].choices = [("", "–"), *places]  # type: ignore[attr-defined]
        if kind != rules.RESTORE or not places:
            del self.fields["onto"], self.fields["mail"]


def _named(services: Iterable[Service]) -> list[tuple[str, str]]:
    return [(str(each.pk), f"{each.unicode} ({TYPES[each.type]})") for each in services]


class Change(VerbForm):
    verb = "requests.change"
    on = Day(_("First day without it"), help_text=_("Leave it empty to end it when what is paid has run out."))
    words = Paragraphs(_("Message to support"))


class Confirm(VerbForm):
    verb = "requests.confirm"
    code = Text(_("Code"), inputmode="numeric", autocomplete="one-time-code", narrow=True)


class Write(VerbForm):
    verb = "requests.write"
    words = Paragraphs(_("Message"), help_text=_("It stands in the thread for both sides."))


class Accept(VerbForm):
    verb = "requests.accept"
    words = Paragraphs(_("Message to the customer"), help_text=_("It is mailed to them, and stands in the thread."))
    valid_until = Day(_("Payable until"))


class Decline(VerbForm):
    verb = "requests.decline"
    words = Paragraphs(_("Message to the customer"), help_text=_("It is mailed to them, and stands in the thread."))


class Finish(VerbForm):
    verb = "requests.finish"
    words = Paragraphs(_("Message to the customer"), help_text=_("It is mailed to them, and stands in the thread."))
