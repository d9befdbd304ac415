"""Forms of prices."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from gasthof.slices.lifecycle.queries import TYPES
from gasthof.slices.renewals.wording import CATEGORIES
from gasthof.ui.fields import Choice, Number, Text
from gasthof.ui.forms import VerbForm

PRICED = ("hosting", "multihosting", "mail", "domain", "builder", "shop", "vms", "vps", "aps")


class SetPrice(VerbForm):
    verb = "renewals.set_price"
    type = Choice(_("Type of service"), choices=tuple((key, TYPES[key]) for key in PRICED))
    tld = Text(
        _("TLD"), autocapitalize="none", spellcheck="false", autocomplete="off", before=".",
        help_text=_("For domains only: those that end so. Empty: all that have no price of their own."),
    )  # fmt: skip
    months = Number(_("Period"), after=_("months"))
    net = Text(_("Price of a period, without VAT"), inputmode="decimal", autocomplete="off")
    currency = Choice(_("Currency"))
    category = Choice(_("VAT"), choices=tuple(CATEGORIES.items()))

    def __init__(self, *given: Any, **named: Any) -> None:
        named["initial"] = {"months": 12, "currency": "EUR", "category": "standard"} | (named.get("initial") or {})
        super().__init__(*given, **named)


class Agree(VerbForm):
    verb = "renewals.agree"
    months = Number(_("Period"), after=_("months"))
    net = Text(_("Price of a period, without VAT"), inputmode="decimal", autocomplete="off")
    currency = Choice(_("Currency"))
    category = Choice(_("VAT"), choices=tuple(CATEGORIES.items()))
