"""Verbs on protected directories and their users."""

from typing import Annotated

from gasthof.kernel.actions import Result, action
from gasthof.kernel.call import Call
from gasthof.kernel.fields import UNCHANGED, Unchanged
from gasthof.kernel.passwords import hashed
from gasthof.kernel.refusal import Refused
from gasthof.kernel.values import NewPassword, RelativePath, Title, UserName
from gasthof.slices.subscriptions.queries import Subscription, SubscriptionRef, check_changeable
from gasthof.slices.web import queries, rules
from gasthof.slices.web.actions.desired import tell_sites
from gasthof.slices.web.models import ProtectedDirectory, ProtectedUser

Path = Annotated[RelativePath, "directory, web/ or below it"]
Name = Annotated[UserName, "name of the user"]
MOST_USERS = 200  # of one directory: they travel in each site's document


@action("web.protect", permission="web.write", on="subscription")
def protect(
    call: Call,
    *,
    subscription: SubscriptionRef,
    path: Path,
    title: Annotated[Title | Unchanged, "what the browser's prompt says"] = UNCHANGED,
) -> Result:
    """Protect a directory, or change the title of one; without users it is closed to all."""
    check_changeable(call, subscription)
    row = ProtectedDirectory.objects.filter(subscription=subscription, path=_checked(path)).first()
    if row is None:
        limit = subscription.plan.protected_directories
        if ProtectedDirectory.objects.filter(subscription=subscription).count() >= limit:
            raise Refused("The plan’s limit of protected directories is reached: %(limit)d.", limit=limit).at("path")
        row = ProtectedDirectory(subscription=subscription, path=str(path), title="Login")
    if title is not UNCHANGED:
        row.title = str(title)
    row.save()
    return _told(call, subscription, row)


@action("web.unprotect", permission="web.write", on="subscription")
def unprotect(call: Call, *, subscription: SubscriptionRef, path: Path) -> Result:
    """End a directory's protection; its users go with it."""
    row = _directory(call, subscription, path)
    result = shown(row)
    row.delete()
    tell_sites(call, subscription, queries.sites_showing(subscription, str(path)))
    return result


@action("web.add_protected_user", permission="web.write", on="subscription")
def add_user(
    call: Call,
    *,
    subscription: SubscriptionRef,
    path: Path,
    name: Name,
    password: Annotated[NewPassword, "at least 10 characters"],
) -> Result:
    """Let a named user into a protected directory."""
    row = _directory(call, subscription, path)
    if row.users.filter(name=str(name)).exists():
        raise Refused("There is a user of this name already.").at("name")
    if row.users.count() >= MOST_USERS:
        raise Refused("The limit of users of a directory is reached: %(limit)d.", limit=MOST_USERS).at("name")
    ProtectedUser.objects.create(directory=row, name=str(name), hash=_hash(name, password))
    return _told(call, subscription, row)


@action("web.change_protected_user", permission="web.write", on="subscription")
def change_user(
    call: Call,
    *,
    subscription: SubscriptionRef,
    path: Path,
    name: Name,
    password: Annotated[NewPassword, "the new password"],
) -> Result:
    """Give a user of a protected directory a new password."""
    row = _directory(call, subscription, path)
    user = _user(row, name)
    user.hash = _hash(name, password)
    user.save(update_fields=["hash"])
    return _told(call, subscription, row)


@action("web.remove_protected_user", permission="web.write", on="subscription")
def remove_user(call: Call, *, subscription: SubscriptionRef, path: Path, name: Name) -> Result:
    """Take a user out of a protected directory."""
    row = _directory(call, subscription, path)
    _user(row, name).delete()
    return _told(call, subscription, row)


def _checked(path: RelativePath) -> str:
    try:
        return rules.check_protected(str(path))
    except Refused as refusal:
        raise refusal.at("path") from refusal


def _directory(call: Call, subscription: Subscription, path: RelativePath) -> ProtectedDirectory:
    check_changeable(call, subscription)
    row = ProtectedDirectory.objects.filter(subscription=subscription, path=str(path)).first()
    if row is None:
        raise Refused("This directory is not protected.").at("path")
    return row


def _user(row: ProtectedDirectory, name: UserName) -> ProtectedUser:
    user = row.users.filter(name=str(name)).first()
    if user is None:
        raise Refused("There is no user of this name.").at("name")
    return user


def _hash(name: UserName, password: NewPassword) -> str:
    if str(name).casefold() in password.reveal().casefold():
        raise Refused("The password must not contain the user's name.").at("password")
    return hashed(password.reveal())


def _told(call: Call, subscription: Subscription, row: ProtectedDirectory) -> Result:
    tell_sites(call, subscription, queries.sites_showing(subscription, row.path))
    return shown(row)


def shown(row: ProtectedDirectory) -> Result:
    """A protected directory as its verbs answer."""
    return {"path": row.path, "title": row.title, "users": [user.name for user in row.users.order_by("name")]}
