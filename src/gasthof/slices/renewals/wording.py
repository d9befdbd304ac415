"""What stands on proformas, in the customer's language."""

from django.utils.translation import gettext_lazy as _

TYPES = {
    "domain": _("Domain"),
    "hosting": _("Web hosting"),
    "multihosting": _("Multihosting"),
    "builder": _("Website builder"),
    "mail": _("E-mail package"),
    "shop": _("E-shop"),
    "vms": _("Managed server"),
    "vps": _("Virtual server"),
    "aps": _("Application server"),
}
FEES = {
    "unlock": _("Unlocking fee"),
    "tld_unlock": _("The registry’s unlocking fee"),
    "restore": _("Restoration"),
    "restore_subserver": _("Restoration of a subserver"),
    "restore_mail": _("Restoration of mail"),
    "registry": _("The registry’s fee for restoration"),
}
CATEGORIES = {
    "standard": _("standard rate"),
    "reduced": _("reduced rate"),
    "zero": _("zero rate"),
    "exempt": _("exempt"),
    "reverse charge": _("reverse charge: the customer owes it"),
}
