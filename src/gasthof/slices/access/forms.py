"""Forms of signing in and of one's own account."""

from typing import Any

from allauth.account.forms import LoginForm
from allauth.core import context
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from gasthof.kernel.values import PersonName
from gasthof.slices.access.record import note
from gasthof.slices.access.validators import parsed
from gasthof.slices.access.values import Email


class EmailField(forms.CharField):
    """An address in any spelling; cleaned it is a values.Email."""

    def __init__(self, **how: Any) -> None:
        attributes = {"autocomplete": "username", "inputmode": "email", "autocapitalize": "none", "spellcheck": "false"}
        super().__init__(label=_("E-mail address"), max_length=320, widget=forms.TextInput(attrs=attributes), **how)

    def clean(self, value: Any) -> Email:
        return parsed(Email, super().clean(value))


class SignInForm(LoginForm):
    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.fields["login"] = EmailField()
        self.order_fields(["login", "password"])
        self.fields["password"].label = _("Password")
        self.fields["password"].help_text = ""

    def clean_login(self) -> str:
        return str(self.cleaned_data["login"])


class _NotingFailures:
    """A wrong code goes into the audit trail, each time."""

    def clean_code(self) -> str:
        try:
            return str(super().clean_code())  # type: ignore[misc]
        except ValidationError as refusal:
            if refusal.code == "incorrect_code":
                note(self.user, "access.second_factor_failed", context.request, denied=True)  # type: ignore[attr-defined]
            raise


class SecondFactorForm(_NotingFailures, AuthenticateForm):
    pass


class SecondFactorAgainForm(_NotingFailures, ReauthenticateForm):
    pass


class ForgottenForm(forms.Form):
    email = EmailField()


class NewAddressForm(forms.Form):
    email = EmailField()


class ProfileForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=PersonName.maximum)
    language = forms.ChoiceField(label=_("Language"), choices=[("de", "Deutsch"), ("en", "English")])

    def clean_name(self) -> PersonName:
        return parsed(PersonName, self.cleaned_data["name"])
