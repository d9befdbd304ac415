"""Forms about domains."""

from django.utils.translation import gettext_lazy as _

from gasthof.ui.fields import Text
from gasthof.ui.forms import VerbForm


class AddDomain(VerbForm):
    verb = "domains.add"
    name = Text(
        _("Domain"), autocomplete="off", spellcheck="false", autocapitalize="none", inputmode="url",
        help_text=_("As people read it, with umlauts: bäckerei-müller.de. The name www.… comes with it."),
    )  # fmt: skip
