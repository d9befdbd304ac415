"""Every write about FTP users; importing it registers the verbs."""

from collections.abc import Iterable
from typing import Annotated, Any

from gasthof.kernel.actions import Result, action
from gasthof.kernel.call import Call
from gasthof.kernel.fields import UNCHANGED, Unchanged
from gasthof.kernel.passwords import crypted
from gasthof.kernel.refusal import Refused
from gasthof.kernel.values import RelativePath
from gasthof.slices.ftp import rules
from gasthof.slices.ftp.models import FtpUser
from gasthof.slices.ftp.queries import KIND, FtpUserRef, spec_of, users_of
from gasthof.slices.ftp.values import FtpName, FtpPassword
from gasthof.slices.nodes.actions import desire
from gasthof.slices.subscriptions.queries import Subscription, SubscriptionRef, check_changeable

VERSION = 1  # of FtpUserSpec

Name = Annotated[FtpName, "name; the user signs in with the subscription’s name and a hyphen before it"]
Directory = Annotated[RelativePath, "all that the user sees: “web” or a directory below it"]
Password = Annotated[FtpPassword, "8 characters or more: small and capital letters, digits, and others"]


@action("ftp.add_user", permission="ftp.write", on="subscription")
def add_user(
    call: Call, *, subscription: SubscriptionRef, name: Name, directory: Directory, password: Password
) -> Result:
    """Let somebody transfer files by FTP and SFTP, within one directory."""
    check_changeable(call, subscription)
    _check_limit(subscription)
    _check_free(subscription, str(name))
    user = FtpUser(subscription=subscription, name=str(name), directory=_checked(directory))
    return _with_password(call, user, password)


@action("ftp.change_user", permission="ftp.write", on="user")
def change_user(
    call: Call, *, user: FtpUserRef, name: Name | Unchanged = UNCHANGED, directory: Directory | Unchanged = UNCHANGED
) -> Result:
    """Give an FTP user another name or directory; what is not given stays. Its sessions end."""
    check_changeable(call, user.subscription)
    before = user.login
    if name is not UNCHANGED and name != user.name:
        _check_free(user.subscription, str(name))
        user.name = str(name)
    if directory is not UNCHANGED:
        user.directory = _checked(directory)
    user.save(update_fields=["name", "directory"])
    if user.login != before:
        desire(call, user.subscription.node, KIND, before, None, VERSION)
    return _told(call, user)


@action("ftp.set_password", permission="ftp.write", on="user")
def set_password(call: Call, *, user: FtpUserRef, password: Password) -> Result:
    """Give an FTP user a new password. Its sessions end."""
    check_changeable(call, user.subscription)
    return _with_password(call, user, password)


@action("ftp.remove_user", permission="ftp.write", on="user")
def remove_user(call: Call, *, user: FtpUserRef) -> Result:
    """Take an FTP user away; its files stay. Its sessions end."""
    check_changeable(call, user.subscription)
    result = shown(user)
    _remove(call, user)
    return result


def tell_all(call: Call, subscription: Subscription) -> None:
    """Hook: a subscription was suspended or resumed."""
    for user in _with(subscription, users_of(subscription)):
        _told(call, user)


def remove_all(call: Call, subscription: Subscription) -> None:
    """Hook: a subscription goes, and with it its FTP users."""
    for user in _with(subscription, users_of(subscription)):
        _remove(call, user)


def restore(call: Call, subscription: Subscription, settings: Any) -> None:
    """Hook: the users that `queries.export` wrote down, with their passwords. Raises Refused, as the verbs do."""
    for found in settings["users"]:
        _check_limit(subscription)
        user = FtpUser(
            subscription=subscription,
            name=str(FtpName.parse(found["name"])),
            directory=_checked(RelativePath.parse(found["directory"])),
            hash=rules.check_hash(str(found["hash"])),
        )
        _check_free(subscription, user.name)
        user.save()
        _told(call, user)


def _with(subscription: Subscription, users: Iterable[FtpUser]) -> Iterable[FtpUser]:
    """Each with the row that the caller holds: it knows the state that is to be told."""
    for user in users:
        user.subscription = subscription
        yield user


def _check_limit(subscription: Subscription) -> None:
    limit = subscription.plan.ftp_users
    if users_of(subscription).count() >= limit:
        raise Refused("The plan’s limit of FTP users is reached: %(limit)d.", limit=limit).at("name")


def _check_free(subscription: Subscription, name: str) -> None:
    if users_of(subscription).filter(name=name).exists():
        raise Refused("There is an FTP user of this name already.").at("name")


def _checked(directory: RelativePath) -> str:
    try:
        return rules.check_directory(str(directory))
    except Refused as refusal:
        raise refusal.at("directory") from refusal


def _with_password(call: Call, user: FtpUser, password: FtpPassword) -> Result:
    if len(user.name) > 2 and user.name in password.reveal().casefold():
        raise Refused("The password must not contain the user's name.").at("password")
    user.hash = crypted(password.reveal())
    user.save()
    return _told(call, user)


def _remove(call: Call, user: FtpUser) -> None:
    desire(call, user.subscription.node, KIND, user.login, None, VERSION)
    FtpUser.objects.filter(pk=user.pk).delete()


def _told(call: Call, user: FtpUser) -> Result:
    desire(call, user.subscription.node, KIND, user.login, spec_of(user), VERSION)
    return shown(user)


def shown(user: FtpUser) -> Result:
    """An FTP user as its verbs answer."""
    return {"user": user.login, "subscription": user.subscription.system_name, "directory": user.directory}
