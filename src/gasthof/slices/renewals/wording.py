"""What stands on proformas and in lists of prices, in the reader's language."""

import idna
from django.utils.translation import gettext_lazy as _

from gasthof.slices.lifecycle.queries import TYPES

CATEGORIES = {
    "standard": _("standard rate"),
    "reduced": _("reduced rate"),
    "zero": _("zero rate"),
    "exempt": _("exempt"),
    "reverse charge": _("reverse charge: the customer owes it"),
}


def called(type_: str, tld: str) -> str:
    """“Domain .köln”, say, of a TLD as an A-label."""
    return f"{TYPES[type_]} .{idna.decode(tld)}" if tld else str(TYPES[type_])
