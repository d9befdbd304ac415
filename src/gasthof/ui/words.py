"""What people call the areas that verbs and permissions belong to, by what their names begin with."""

from collections.abc import Mapping

from django.utils.translation import gettext_lazy as _

from gasthof.ui.fields import StrOrPromise

AREAS: Mapping[str, StrOrPromise] = {
    "access": _("Sign-in, users and roles"), "accounts": _("Customers"), "subscriptions": _("Subscriptions and plans"),
    "domains": _("Domains"), "web": _("Websites"), "dns": _("DNS records"), "mail": _("Mail"), "ftp": _("FTP users"),
    "databases": _("Databases"), "webhooks": _("Webhooks"), "registrar": _("Domain names"), "nodes": _("Servers"),
}  # fmt: skip
