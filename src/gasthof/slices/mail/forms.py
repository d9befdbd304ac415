"""Forms of mail."""

from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from gasthof.ui.fields import Choice, Day, Lines, Number, Paragraphs, Secret, Switch, Text
from gasthof.ui.forms import VerbForm

RULES = _("At least 8 characters: lower-case and upper-case letters, digits and special characters.")
GENERATE = _("Suggest a password")


def _password() -> Secret:
    return Secret(_("Password"), help_text=RULES, data_generate=GENERATE)


class AddMailbox(VerbForm):
    verb = "mail.add_mailbox"
    name = Text(_("Address"), help_text=_("What stands before the @, such as info or anna.mueller."), autocomplete="off",
                autocapitalize="none", spellcheck="false")  # fmt: skip
    password = _password()
    quota_mb = Number(_("Size"), after="MB")
    title = Text(_("Shown name"), help_text=_("Shown beside the address, such as the name of the person."))

    def place(self, domain: str, largest: int) -> None:
        """The domain as people read it, and what the plan allows."""
        self.fields["name"].after = f"@{domain}"  # type: ignore[attr-defined]
        self.limit(largest)

    def limit(self, largest: int) -> None:
        self.fields["quota_mb"].help_text = gettext("At most %(limit)s MB.") % {"limit": largest}


class AddMailboxAnywhere(AddMailbox):
    """In whichever of a subscription's domains."""

    domain = Choice(_("Domain"), help_text=_("What stands after the @."))
    field_order = ("name", "domain", "password", "quota_mb", "title")

    def offer(self, domains: Any, largest: int) -> None:
        field = self.fields["domain"]
        assert isinstance(field, Choice)
        field.choices = [(each.name, f"@{each.value.unicode}") for each in domains]
        self.limit(largest)


class ChangeMailbox(VerbForm):
    verb = "mail.change_mailbox"
    quota_mb = Number(_("Size"), after="MB")
    title = Text(_("Shown name"), help_text=_("Shown beside the address, such as the name of the person."))


class Password(VerbForm):
    verb = "mail.set_password"
    password = _password()


class ForwardMailbox(VerbForm):
    verb = "mail.forward_mailbox"
    to = Lines(_("Forward to"), help_text=_("An address a line. Empty: nothing is forwarded."))
    keep_copy = Switch(_("Keep a copy in the mailbox"), help_text=_("Without a copy the mailbox stays empty."))


class SetVacation(VerbForm):
    verb = "mail.set_vacation"
    whole = True
    active = Switch(
        _("Answer mail automatically"),
        help_text=_(
            "Each sender is answered once a week at most; mailing lists, bulk mail and what looks like spam are not."
        ),
    )
    first = Day(_("First day"), help_text=_("Empty: at once."))
    last = Day(_("Last day"), help_text=_("Empty: until it is switched off."))
    subject = Text(_("Subject"), help_text=_("Empty: “Auto:” and the subject of the mail that is answered."))
    text = Paragraphs(
        _("Answer"), help_text=_("Who writes to you learns this: until when you are away, and who can help meanwhile.")
    )


class AddAlias(VerbForm):
    verb = "mail.add_alias"
    name = Text(_("Alias"), help_text=_("A further address. The mailbox receives what is sent to it, and may send from it."),
                autocomplete="off", autocapitalize="none", spellcheck="false")  # fmt: skip
    domain = Choice(_("Domain"), help_text=_("What stands after the @."))


class AddForward(VerbForm):
    verb = "mail.add_forward"
    name = Text(_("Address"), help_text=_("What stands before the @, such as info or anna.mueller."), autocomplete="off",
                autocapitalize="none", spellcheck="false")  # fmt: skip
    to = Lines(_("Forward to"), help_text=_("An address a line."))


class ChangeForward(VerbForm):
    verb = "mail.change_forward"
    to = Lines(_("Forward to"), help_text=_("An address a line."))


class CatchAll(VerbForm):
    verb = "mail.set_catch_all"
    name = Choice(
        _("Mailbox"), help_text=_("It gets what is sent to addresses that do not exist, and a lot of spam with it.")
    )

    def offer(self, names: Any, domain: str) -> None:
        field = self.fields["name"]
        assert isinstance(field, Choice)
        field.choices = [("", gettext("None: the sender is told that there is no such address")),
                         *((name, f"{name}@{domain}") for name in names)]  # fmt: skip


class SwitchMail(VerbForm):
    verb = "mail.switch"
    active = Switch(
        _("Take mail for this domain here"),
        help_text=_("Off, when another provider takes the mail. Mailboxes stay, and can be read."),
    )
