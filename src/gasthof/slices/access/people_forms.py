"""Forms about people and their roles."""

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from gasthof.kernel import registry
from gasthof.kernel.refusal import FieldError
from gasthof.ui.fields import Choice, Several, StrOrPromise, Switch, Text
from gasthof.ui.forms import VerbForm
from gasthof.ui.performing import Call

READY_MADE: Mapping[str, StrOrPromise] = {
    "owner": _("Owner"),
    "webmaster": _("Webmaster"),
    "mail administrator": _("Mail administrator"),
    "accountant": _("Accountant"),
    "read only": _("Read only"),
}
LANGUAGES = (("de", "Deutsch"), ("en", "English"))
WHERE = "where"


def role_name(name: str) -> str:
    """A role as people read it: ready-made ones in their language."""
    return str(READY_MADE.get(name, name))


def role_choices(own: Iterable[str]) -> list[tuple[str, str]]:
    return [(name, role_name(name)) for name in (*registry.standard_roles(), *own)]


def _where() -> forms.ChoiceField:
    return forms.ChoiceField(label=_("Where it holds"), required=False)


def _mailbox() -> forms.CharField:
    words = _("Its address, when the role is to hold for one mailbox only.")
    attributes = {"autocomplete": "off", "inputmode": "email", "spellcheck": "false", "autocapitalize": "none"}
    return forms.CharField(label=_("Mailbox"), required=False, help_text=words, widget=forms.TextInput(attributes))


class _Limited(VerbForm):
    """A role and where it holds, as the verb's fields."""

    def offer(self, roles: Iterable[tuple[str, str]], places: Iterable[tuple[str, str]]) -> None:
        everywhere = ("", gettext("with everything that the customer has"))
        self._choices(WHERE, [everywhere, *places])
        self._choices("role" if "role" in self.fields else "give", roles)

    def _choices(self, name: str, choices: Iterable[tuple[str, str]]) -> None:
        field: Any = self.fields[name]
        field.choices = list(choices)

    def limit(self) -> dict[str, object]:
        sort, _colon, key = str(self.cleaned_data.get(WHERE) or "").partition(":")
        mailbox = str(self.cleaned_data.get("mailbox_only") or "").strip()
        if mailbox:
            return {"mailbox": mailbox}
        return {sort: key} if sort in ("subscription", "domain") else {}

    def _show(self, error: FieldError) -> None:
        moved = {"subscription": WHERE, "domain": WHERE, "mailbox": "mailbox_only", "role": "give"}.get(error.field, "")
        super()._show(FieldError(moved if moved in self.fields else error.field, error.message))


class Invite(_Limited):
    """Lets somebody in and gives them a role, in one."""

    verb = "access.invite"
    email = Text(_("E-mail address"), help_text=_("A link goes there, by which the person chooses a password."),
                 inputmode="email", autocomplete="off", autocapitalize="none", spellcheck="false")  # fmt: skip
    name = Text(_("Name"), help_text=_("First and last name of the person."), autocomplete="off")
    language = Choice(_("Language"), choices=LANGUAGES, help_text=_("Of pages and messages."))
    give = forms.ChoiceField(label=_("Role"), required=False)
    where = _where()
    mailbox_only = _mailbox()

    def calls(self) -> list[Call]:
        self.errors  # noqa: B018 - reads the fields
        invited: dict[str, object] = self.given()
        role = self.cleaned_data.get("give")
        assigned: dict[str, object] = {"user": invited["email"], "role": role, **self.limit()}
        return [(self.verb, invited), *([("access.assign", assigned)] if role else [])]


class Assign(_Limited):
    verb = "access.assign"
    role = Choice(_("Role"), help_text=_("What it allows is shown on the page of roles."))
    where = _where()
    mailbox_only = _mailbox()

    def given(self) -> dict[str, object]:
        return {**super().given(), **self.limit()}


class ChangePerson(VerbForm):
    verb = "access.change_user"
    name = Text(_("Name"), autocomplete="off")
    email = Text(_("E-mail address"), inputmode="email", autocomplete="off", autocapitalize="none", spellcheck="false")
    language = Choice(_("Language"), choices=LANGUAGES, help_text=_("Of pages and messages."))


class AddOperator(VerbForm):
    verb = "access.create_operator"
    email = Text(_("E-mail address"), help_text=_("A link goes there, by which the person chooses a password."),
                 inputmode="email", autocomplete="off", autocapitalize="none", spellcheck="false")  # fmt: skip
    name = Text(_("Name"), help_text=_("First and last name of the person."), autocomplete="off")
    language = Choice(_("Language"), choices=LANGUAGES, help_text=_("Of pages and messages."))
    mail = Switch(_("Send the link by e-mail"))


def _permissions() -> Several:
    return Several(
        _("What the role allows"), choices=(), help_text=_("Whoever may change something should also see it.")
    )


class _Role(VerbForm):
    """Permissions in words, not by their names."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        field: Any = self.fields["permissions"]
        field.widget.choices = [(permission, gettext(title)) for permission, title in registry.titles().items()]


class CreateRole(_Role):
    verb = "access.create_role"
    name = Text(_("Name of the role"), autocomplete="off")
    permissions = _permissions()


class ChangeRole(_Role):
    verb = "access.change_role"
    name = Text(_("Name of the role"), autocomplete="off")
    permissions = _permissions()
