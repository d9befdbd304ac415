"""What can be done with plans."""

from typing import Annotated

from gasthof.kernel.actions import Result, action
from gasthof.kernel.call import Call
from gasthof.kernel.fields import UNCHANGED, Between, Unchanged
from gasthof.kernel.refusal import Refused
from gasthof.kernel.values import Title
from gasthof.slices.subscriptions.models import Plan
from gasthof.slices.subscriptions.queries import PlanRef, limits

Domains = Annotated[int, Between(0, 100_000), "how many domains"]
Aliases = Annotated[int, Between(0, 200), "how many further host names a website may have"]
Directories = Annotated[int, Between(0, 1_000), "how many protected directories"]
Php = Annotated[bool, "whether websites may run PHP"]
Mailboxes = Annotated[int, Between(0, 100_000), "how many mailboxes"]
Addresses = Annotated[int, Between(0, 100_000), "how many mail aliases and forwards"]
MailboxSize = Annotated[int, Between(1, 1_000_000), "largest size of a mailbox, MB"]
FtpUsers = Annotated[int, Between(0, 10_000), "how many FTP users"]
Databases = Annotated[int, Between(0, 10_000), "how many databases"]
Records = Annotated[int, Between(0, 100_000), "how many DNS records of their own a zone may have"]


@action("subscriptions.create_plan", permission="subscriptions.plans")
def create_plan(
    call: Call,
    *,
    name: Annotated[Title, "name of the plan, unique"],
    domains: Domains = 10,
    aliases: Aliases = 20,
    protected_directories: Directories = 50,
    php: Php = True,
    mailboxes: Mailboxes = 100,
    mail_addresses: Addresses = 500,
    mailbox_mb: MailboxSize = 5_000,
    ftp_users: FtpUsers = 20,
    databases: Databases = 20,
    dns_records: Records = 500,
) -> Result:
    """Make a plan."""
    if Plan.objects.filter(name=str(name)).exists():
        raise Refused("There is a plan of this name already.").at("name")
    plan = Plan.objects.create(
        name=str(name), domains=domains, aliases=aliases, protected_directories=protected_directories, php=php,
        mailboxes=mailboxes, mail_addresses=mail_addresses, mailbox_mb=mailbox_mb,
        ftp_users=ftp_users, databases=databases, dns_records=dns_records,
    )  # fmt: skip
    return shown_plan(plan)


@action("subscriptions.change_plan", permission="subscriptions.plans")
def change_plan(
    call: Call,
    *,
    plan: PlanRef,
    name: Annotated[Title | Unchanged, "new name"] = UNCHANGED,
    domains: Domains | Unchanged = UNCHANGED,
    aliases: Aliases | Unchanged = UNCHANGED,
    protected_directories: Directories | Unchanged = UNCHANGED,
    php: Php | Unchanged = UNCHANGED,
    mailboxes: Mailboxes | Unchanged = UNCHANGED,
    mail_addresses: Addresses | Unchanged = UNCHANGED,
    mailbox_mb: MailboxSize | Unchanged = UNCHANGED,
    ftp_users: FtpUsers | Unchanged = UNCHANGED,
    databases: Databases | Unchanged = UNCHANGED,
    dns_records: Records | Unchanged = UNCHANGED,
) -> Result:
    """Change a plan's limits. What stands already above a limit stays."""
    if name is not UNCHANGED and Plan.objects.filter(name=str(name)).exclude(pk=plan.pk).exists():
        raise Refused("There is a plan of this name already.").at("name")
    given = {
        "name": name, "domains": domains, "aliases": aliases,
        "protected_directories": protected_directories, "php": php,
        "mailboxes": mailboxes, "mail_addresses": mail_addresses, "mailbox_mb": mailbox_mb,
        "ftp_users": ftp_users, "databases": databases, "dns_records": dns_records,
    }  # fmt: skip
    changed = {field: value for field, value in given.items() if value is not UNCHANGED}
    if changed:
        Plan.objects.filter(pk=plan.pk).update(**changed)
        plan.refresh_from_db()
    return shown_plan(plan)


def shown_plan(plan: Plan) -> Result:
    return {"plan": plan.name, **limits(plan)}
