"""Forms of databases and their users."""

from django.utils.translation import gettext_lazy as _

from gasthof.ui.fields import Choice, Secret, Text
from gasthof.ui.forms import VerbForm

RULES = _("At least 10 characters: lower-case and upper-case letters, digits and special characters.")
NAMING = _("Lower-case letters a to z, digits and “_”, at most 32.")
SERVERS = {"mariadb": _("MariaDB (for most applications)"), "postgres": "PostgreSQL"}
SHORT = {"mariadb": "MariaDB", "postgres": "PostgreSQL"}
RIGHTS = {
    "full": _("Everything: structure and contents"),
    "data": _("Contents only: read and write"),
    "read": _("Read only"),
    "none": _("No access"),
}


def _name(label: object) -> Text:
    return Text(label, help_text=NAMING, autocomplete="off", spellcheck="false", autocapitalize="none")


def _password() -> Secret:
    return Secret(_("Password"), help_text=RULES, data_generate=_("Suggest a password"))


def _rights() -> Choice:
    return Choice(_("Rights"), labels=RIGHTS, radio=True, help_text=_("What the user may do in this database."))


class Create(VerbForm):
    verb = "databases.create"
    server = Choice(_("Database server"), labels=SERVERS, radio=True, help_text=_("It cannot be changed later."))
    name = _name(_("Name"))


class AddUser(VerbForm):
    verb = "databases.add_user"
    name = _name(_("User name"))
    password = _password()
    rights = _rights()


class Rights(VerbForm):
    verb = "databases.change_user"
    database = Choice(_("Database"))
    rights = _rights()


class Password(VerbForm):
    verb = "databases.set_password"
    password = _password()
