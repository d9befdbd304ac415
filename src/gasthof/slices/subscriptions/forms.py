"""Forms about subscriptions and plans."""

from django.utils.translation import gettext_lazy as _

from gasthof.ui.fields import Choice, Number, Switch, Text
from gasthof.ui.forms import VerbForm


class CreateSubscription(VerbForm):
    """Plans and servers are those that the house offers."""

    verb = "subscriptions.create"
    plan = Choice(_("Plan"), help_text=_("What the subscription may hold at most."))
    node = Choice(_("Server"), help_text=_("Where its websites, mail and databases lie."))


class ImportExport(VerbForm):
    verb = "subscriptions.import"
    whole = True
    plan = Choice(_("Plan"))


class DeleteExport(VerbForm):
    verb = "subscriptions.delete_export"
    anyway = Switch(_("Also while an import of it is under way"))


class PlanForm(VerbForm):
    """The limits, in the order in which customers ask for them."""

    name = Text(_("Name"), autocomplete="off")
    domains = Number(_("Domains"))
    aliases = Number(_("Further names of a website"))
    protected_directories = Number(_("Protected directories"))
    php = Switch(_("PHP"))
    mailboxes = Number(_("Mailboxes"))
    mailbox_mb = Number(_("Largest mailbox"), after="MB")
    mail_addresses = Number(_("Mail aliases and forwards"))
    databases = Number(_("Databases"))
    ftp_users = Number(_("FTP users"))
    dns_records = Number(_("DNS records of a domain"))

    verb = "subscriptions.create_plan"
    whole = True


class ChangePlan(PlanForm):
    verb = "subscriptions.change_plan"
