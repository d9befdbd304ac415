"""What stands on proformas, in the customer's language."""

from django.utils.translation import gettext_lazy as _

CATEGORIES = {
    "standard": _("standard rate"),
    "reduced": _("reduced rate"),
    "zero": _("zero rate"),
    "exempt": _("exempt"),
    "reverse charge": _("reverse charge: the customer owes it"),
}
