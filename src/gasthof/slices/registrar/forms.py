"""Forms of registered domain names."""

from collections.abc import Iterable

from django.utils.translation import gettext_lazy as _

from gasthof.slices.registrar.models import Contact
from gasthof.ui.fields import Choice, Number, Secret, Text
from gasthof.ui.forms import VerbForm


def _name() -> Text:
    return Text(_("Domain name"), autocomplete="off", autocapitalize="none", spellcheck="false", inputmode="url")


class _New(VerbForm):
    """With a choice among the customer's contacts."""

    def offer(self, contacts: Iterable[Contact]) -> None:
        choices = [(str(contact.pk), f"{contact} · {contact.city}") for contact in contacts]
        self.fields["holder"].choices = choices  # type: ignore[attr-defined]


class Register(_New):
    verb = "registrar.register"
    name = _name()
    years = Number(_("Term"), after=_("years"))
    holder = Choice(
        _("Holder"), help_text=_("To whom the domain name belongs. Also its administrative and technical contact.")
    )


class TransferIn(_New):
    verb = "registrar.transfer_in"
    name = _name()
    code = Secret(_("Authorisation code"), autocomplete="off", help_text=_("Your present registrar tells you."))
    holder = Choice(_("Holder"))


class AddContact(VerbForm):
    verb = "registrar.add_contact"
    name = Text(_("First and last name"), autocomplete="name")
    organisation = Text(_("Company"), autocomplete="organization")
    street = Text(_("Street and number"), autocomplete="street-address")
    postcode = Text(_("Postcode"), autocomplete="postal-code", narrow=True)
    city = Text(_("City"), autocomplete="address-level2")
    country = Text(_("Country"), autocomplete="country", narrow=True)
    email = Text(_("E-mail address"), autocomplete="email", inputmode="email")
    phone = Text(_("Telephone"), autocomplete="tel", inputmode="tel")


class Renew(VerbForm):
    verb = "registrar.renew"
    years = Number(_("Term"), after=_("years"))


class Cancel(VerbForm):
    verb = "registrar.cancel"
    consent = Text(
        _("Consent of the holder"), help_text=_("How the holder said so: by letter of 3 March, say. It is kept.")
    )


class Restore(VerbForm):
    verb = "registrar.restore"
    reason = Text(_("Reason"), help_text=_("Some registries want to know why it was deleted by mistake."))
