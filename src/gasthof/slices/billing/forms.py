"""Forms of billing."""

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from gasthof.kernel.parsing import in_words
from gasthof.kernel.refusal import Refused
from gasthof.slices.billing.rules import money
from gasthof.ui.fields import Day, File, Number, Text
from gasthof.ui.forms import VerbForm


def _code(label: Any, **how: Any) -> Text:
    """Typed by heart or copied: nothing is to correct it."""
    return Text(label, autocomplete="off", spellcheck="false", autocapitalize="characters", **how)


class SetHouse(VerbForm):
    verb = "billing.set_house"
    name = Text(_("Company"), autocomplete="organization")
    street = Text(_("Street"), autocomplete="street-address")
    postcode = Text(_("Postcode"), narrow=True, autocomplete="postal-code")
    town = Text(_("Town"), autocomplete="address-level2")
    country = _code(_("Country"), narrow=True)
    vat_number = _code(_("VAT number"), narrow=True)
    eur_iban = _code(_("IBAN for EUR"))
    eur_bic = _code(_("BIC for EUR"), narrow=True)
    czk_iban = _code(_("IBAN for CZK"))
    czk_bic = _code(_("BIC for CZK"), narrow=True)


class Cents(Text):
    """An amount as people write it, for a verb that takes minor units."""

    def clean(self, value: Any) -> Any:
        """Raises ValidationError: the verb's own words would be about minor units."""
        try:
            money.units(str(value or "0"), "EUR")
        except Refused as refusal:
            raise ValidationError(in_words(refusal)) from refusal
        return value

    def said(self, value: Any) -> object:
        return str(money.units(str(value or "0"), "EUR"))


class Untold(Text):
    """What a verb wants words for, and nobody has any: a dash."""

    def said(self, value: Any) -> object:
        return value or "–"


class Reissue(VerbForm):
    verb = "billing.reissue"
    fee = Cents(_("Fee"), narrow=True, inputmode="decimal", autocomplete="off", help_text=_("Without VAT; 0: none."))
    title = Untold(_("What the fee is for"), autocomplete="off", help_text=_("Only where there is one."))
    valid_until = Day(_("Payable until"))

    def __init__(self, *given: Any, **named: Any) -> None:
        named["initial"] = {"fee": "0"} | (named.get("initial") or {})
        super().__init__(*given, **named)


class Upload(VerbForm):
    verb = "billing.upload_statement"
    file = File(_("Bank statement"), help_text=_("An MT940 or CAMT.053 file. Choose it, or drop it here."))


class Assign(VerbForm):
    verb = "billing.accept_proposal"
    proforma = Number(_("Number of the proforma invoice"))


class CloseCase(VerbForm):
    verb = "billing.close_case"
    note = Text(_("How it ended"), autocomplete="off")
