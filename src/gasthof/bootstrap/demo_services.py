"""What the demo's bakery has besides its website: a mailbox, an FTP user and a database, each with a password made here."""

import secrets
from collections.abc import Callable
from typing import Any

from gasthof.slices.databases.models import Database, DatabaseUser
from gasthof.slices.domains.queries import Domain
from gasthof.slices.ftp.models import FtpUser
from gasthof.slices.mail.models import Mailbox

Do = Callable[..., dict[str, Any]]  # a verb and its fields; it returns when the node has it live
MAILBOX, FTP_USER, DATABASE = "info", "backstube", "bestellungen"


def new_password() -> str:
    """Random, with signs of all four kinds (spec row P17)."""
    return f"{secrets.token_urlsafe(12)}-aA1"


def furnish(do: Do, domain: Domain) -> dict[str, dict[str, str]]:
    """Service -> user and password. What a broken-off demo left gets a new password."""
    return {"mail": _mailbox(do, domain), "ftp": _ftp_user(do, domain), "database": _database(do, domain)}


def _mailbox(do: Do, domain: Domain) -> dict[str, str]:
    password, address = new_password(), f"{MAILBOX}@{domain.name}"
    if Mailbox.objects.filter(domain=domain, local=MAILBOX).exists():
        do("mail.set_password", mailbox=address, password=password)
    else:
        do(
            "mail.add_mailbox",
            domain=domain.name,
            name=MAILBOX,
            password=password,
            title=domain.subscription.customer.name,
        )
    return {"user": address, "password": password}


def _ftp_user(do: Do, domain: Domain) -> dict[str, str]:
    password, subscription = new_password(), domain.subscription
    user = f"{subscription.system_name}-{FTP_USER}"
    if FtpUser.objects.filter(subscription=subscription, name=FTP_USER).exists():
        do("ftp.set_password", user=user, password=password)
    else:
        fields = {"subscription": subscription.system_name, "directory": f"web/{domain.name}", "password": password}
        do("ftp.add_user", name=FTP_USER, **fields)
    return {"user": user, "password": password}


def _database(do: Do, domain: Domain) -> dict[str, str]:
    password, subscription = new_password(), domain.subscription
    name = f"{subscription.system_name}_{DATABASE}"
    if not Database.objects.filter(server="mariadb", name=name).exists():
        do("databases.create", subscription=subscription.system_name, server="mariadb", name=DATABASE)
    if DatabaseUser.objects.filter(server="mariadb", name=name).exists():
        do("databases.set_password", user=f"mariadb/{name}", password=password)
    else:
        do("databases.add_user", database=f"mariadb/{name}", name=DATABASE, password=password)
    return {"user": name, "password": password}
