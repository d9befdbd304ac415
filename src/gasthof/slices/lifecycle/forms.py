"""Forms of services."""

from django.utils.translation import gettext_lazy as _

from gasthof.ui.fields import Day, Text
from gasthof.ui.forms import VerbForm


class Terminate(VerbForm):
    verb = "lifecycle.terminate"
    on = Day(_("First day without it"), help_text=_("Empty: when what is paid has run out."))
    authorised = Text(_("How the customer said so"), autocomplete="off")
