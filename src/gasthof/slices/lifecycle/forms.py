"""Forms of services."""

from django.forms import HiddenInput
from django.utils.translation import gettext_lazy as _

from gasthof.ui.fields import Day, Number, Paragraphs, Text
from gasthof.ui.forms import VerbForm


class Terminate(VerbForm):
    verb = "lifecycle.terminate"
    on = Day(_("First day without it"), help_text=_("Empty: when what is paid has run out."))
    authorised = Text(_("How the customer said so"), autocomplete="off")


class SayFee(VerbForm):
    verb = "lifecycle.say_fee"
    cents = Number(_("Fee"), after=_("cents"), help_text=_("Without VAT, in the currency of the policy; 0: none."))


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
