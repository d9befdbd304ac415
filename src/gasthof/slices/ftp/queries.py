"""Reads of FTP users, and what a node is told about them."""

from collections.abc import Iterator
from typing import Annotated

from django.db.models import Q, QuerySet

from gasthof.kernel.collection import Ask, collection, conjunction
from gasthof.kernel.fields import Reference
from gasthof.kernel.permissions import Actor
from gasthof.prefix import Prefix
from gasthof.slices.dns.spec import RecordSpec
from gasthof.slices.domains.queries import Domain
from gasthof.slices.ftp import rules
from gasthof.slices.ftp.models import FtpUser
from gasthof.slices.ftp.spec import FtpUserSpec
from gasthof.slices.mail.rules import server_name
from gasthof.slices.nodes.queries import failed
from gasthof.slices.subscriptions.queries import Subscription, find_subscription, in_subscriptions
from gasthof.slices.subscriptions.rules import SIGN_IN

__all__ = ["FtpUserRef", "export", "find_user", "health", "records", "server", "spec_of", "users_of"]

KIND = "ftp.user"
TTL = 3_600  # seconds


def users_of(subscription: Subscription) -> QuerySet[FtpUser]:
    return FtpUser.objects.filter(subscription=subscription).order_by("name")


def find_user(actor: Actor, text: str) -> FtpUser | None:
    """By login. Its subscription is locked first; a user that goes meanwhile is not found."""
    found = rules.parts(text)
    subscription = find_subscription(actor, found[0]) if found else None
    if not found or not subscription:
        return None
    user = users_of(subscription).filter(name=found[1]).first()
    if user:
        user.subscription = subscription
    return user


def spec_of(user: FtpUser) -> FtpUserSpec:
    """What the node is told; the user's subscription is the one that the caller holds."""
    subscription = user.subscription
    return FtpUserSpec(
        name=user.login,
        subscription=subscription.system_name,
        uid=subscription.uid,
        directory=user.directory,
        hash=user.hash,
        suspended=not subscription.can(SIGN_IN),
    )


def server(subscription: Subscription) -> tuple[str, dict[str, int]]:
    """Where FTP and SFTP programs reach the subscription's files: the machine's name, whose certificate fits, and the ports."""
    return subscription.node.host, Prefix.current().ports


def export(subscription: Subscription) -> dict[str, list[dict[str, str]]]:
    """All users with their directories and the hashes of their passwords, as `actions.restore` takes them."""
    return {
        "users": [
            {"name": user.name, "directory": user.directory, "hash": user.hash} for user in users_of(subscription)
        ]
    }


def records(domain: Domain) -> Iterator[RecordSpec]:
    """The name that FTP clients are given for a domain (RFC 1035 section 3.4.1, RFC 3596)."""
    node, name = domain.subscription.node, server_name(domain.name, "ftp")
    for kind, address in (("A", node.ipv4), ("AAAA", node.ipv6)):
        if address and name:
            yield RecordSpec(name, kind, TTL, (address,))


def health(subscription: Subscription) -> list[str]:
    """A line for each user whom the node could not let in: the name, and the node's words."""
    logins = [rules.login(subscription.system_name, user.name) for user in users_of(subscription)]
    return [f"{each.key}: {each.words}" for each in failed(subscription.node, KIND, logins)]


def shown(user: FtpUser) -> dict[str, object]:
    return {"user": user.login, "subscription": user.subscription.system_name, "directory": user.directory}


@collection("ftp_users", permission="ftp.read", order=("subscription_id", "name"), shown=shown)
def ftp_users(ask: Ask) -> QuerySet[FtpUser]:
    """FTP users, found by part of their name or directory."""
    where = conjunction(ask.scopes, lambda place: in_subscriptions(place, "subscription__"))
    rows = FtpUser.objects.filter(where).select_related("subscription")
    return rows.filter(Q(name__contains=ask.search) | Q(directory__contains=ask.search)) if ask.search else rows


_USER = Reference(
    "FTP user", find_user, lambda row: row.subscription.place, "name that the user signs in with, as s000012-anna"
)
FtpUserRef = Annotated[FtpUser, _USER]
