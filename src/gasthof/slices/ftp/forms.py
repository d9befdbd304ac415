"""Forms of FTP users."""

from django.utils.translation import gettext_lazy as _

from gasthof.ui.fields import Secret, Text
from gasthof.ui.forms import VerbForm

RULES = _("At least 8 characters: lower-case and upper-case letters, digits and special characters.")
DIRECTORY = _("All that the user sees: “web”, or a directory below it such as web/example.com.")


def _name() -> Text:
    return Text(_("User name"), autocomplete="off", spellcheck="false", autocapitalize="none")


def _directory() -> Text:
    return Text(_("Directory"), help_text=DIRECTORY, autocomplete="off", spellcheck="false", autocapitalize="none")


def _password() -> Secret:
    return Secret(_("Password"), help_text=RULES, data_generate=_("Suggest a password"))


class AddUser(VerbForm):
    verb = "ftp.add_user"
    name = _name()
    directory = _directory()
    password = _password()


class ChangeUser(VerbForm):
    verb = "ftp.change_user"
    name = _name()
    directory = _directory()


class Password(VerbForm):
    verb = "ftp.set_password"
    password = _password()
