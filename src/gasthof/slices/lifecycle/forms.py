"""Forms of services."""

from django.forms import HiddenInput
from django.utils.translation import gettext_lazy as _

from gasthof.slices.lifecycle.explaining import TYPES
from gasthof.ui.fields import Choice, Choices, Day, Number, Paragraphs, Text
from gasthof.ui.forms import VerbForm

CLASS = _("Only of a virtual or application server: its image comes back onto one of the same or a higher class.")


class Terminate(VerbForm):
    verb = "lifecycle.terminate"
    on = Day(_("First day without it"), help_text=_("Empty: when what is paid has run out."))
    authorised = Text(_("How the customer said so"), autocomplete="off")


class SayFee(VerbForm):
    verb = "lifecycle.say_fee"
    cents = Number(_("Fee"), after=_("cents"), help_text=_("Without VAT, in the currency of the policy; 0: none."))


class Begin(VerbForm):
    """For a customer whose subscriptions and services can be chosen."""

    verb = "lifecycle.begin"
    type = Choice(_("Type of service"), labels=TYPES)
    name = Text(_("Name"), autocomplete="off", help_text=_("A domain, or what its customer calls it."))
    first_unpaid = Day(_("First day that is not paid"), help_text=_("None for what is paid with what it belongs to."))  # fmt: skip
    subscription = Choice(_("Subscription"), help_text=_("Whose websites and mail follow it."))
    parent = Choice(_("Belongs to"), help_text=_("Only for a subserver, or for mail and backup storage of a server: what it is paid with."))  # fmt: skip
    server_class = Text(_("Server class"), autocomplete="off", narrow=True, help_text=CLASS)

    def offer(self, places: Choices, parents: Choices) -> None:
        _offer(self, "subscription", places)
        _offer(self, "parent", parents)


class BeginFor(VerbForm):
    """For any customer."""

    verb = "lifecycle.begin"
    customer = Text(_("Customer"), autocomplete="off", help_text=_("Number or name."))
    type = Choice(_("Type of service"), labels=TYPES)
    name = Text(_("Name"), autocomplete="off", help_text=_("A domain, or what its customer calls it."))
    first_unpaid = Day(_("First day that is not paid"), help_text=_("None for what is paid with what it belongs to."))  # fmt: skip
    subscription = Text(_("Subscription"), autocomplete="off", help_text=_("Whose websites and mail follow it, such as s000012."))  # fmt: skip
    parent = Text(_("Belongs to"), autocomplete="off", narrow=True, help_text=_("Only for a subserver, or for mail and backup storage of a server: the number of what it is paid with."))  # fmt: skip
    server_class = Text(_("Server class"), autocomplete="off", narrow=True, help_text=CLASS)


class AddSubserver(VerbForm):
    """To a service that the page knows, as well as whose it is."""

    verb = "lifecycle.begin"
    name = Text(_("Name"), autocomplete="off", help_text=_("A domain, or what its customer calls it."))
    subscription = Choice(_("Subscription"), help_text=_("Whose websites and mail follow it."))

    def offer(self, places: Choices) -> None:
        _offer(self, "subscription", places)


def _offer(form: VerbForm, name: str, choices: Choices) -> None:
    field = form.fields[name]
    assert isinstance(field, Choice)
    field.choices = choices


class PreviewPolicy(VerbForm):
    verb = "lifecycle.preview_policy"
    text = Paragraphs(
        _("Policy"), rows="32", spellcheck="false", autocapitalize="none", autocomplete="off", wrap="off", class_="code"
    )


class TakePolicy(VerbForm):
    """Of what was previewed: nothing of it can be changed on the way."""

    verb = "lifecycle.take_policy"
    text = Text(_("Policy"), widget=HiddenInput())
    previewed = Text(_("Preview"), widget=HiddenInput())
