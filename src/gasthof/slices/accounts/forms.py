"""Forms about customers."""

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from gasthof.ui.fields import Choice, Switch, Text
from gasthof.ui.forms import VerbForm

LANGUAGES = dict(settings.LANGUAGES)


class CreateCustomer(VerbForm):
    verb = "accounts.create"
    whole = True
    name = Text(_("Name"), autocomplete="off")
    language = Choice(_("Language"), labels=LANGUAGES, radio=True)


class ChangeCustomer(VerbForm):
    verb = "accounts.change"
    whole = True
    name = Text(_("Name"), autocomplete="organization")
    language = Choice(_("Language"), labels=LANGUAGES, radio=True)


class SetReseller(VerbForm):
    verb = "accounts.set_reseller"
    resells = Switch(_("Reseller"))
    reseller = Text(
        _("Looked after by"), help_text=_("Number or name of a reseller; empty: the house itself."), autocomplete="off"
    )
