"""What can be done with people who sign in. What they do about their own sign-in, own.py asks for in their name."""

from datetime import datetime
from typing import Annotated, Literal

from allauth.mfa.models import Authenticator
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from gasthof.kernel.actions import Result, action
from gasthof.kernel.call import Call
from gasthof.kernel.fields import UNCHANGED, Unchanged
from gasthof.kernel.permissions import EVERYWHERE
from gasthof.kernel.refusal import Refused
from gasthof.kernel.values import NewPassword, PersonName, Secret, Title
from gasthof.slices.access import letters, links, outbox, rules
from gasthof.slices.access.grants import is_over
from gasthof.slices.access.models import OneTimeLink, OutgoingMail, User
from gasthof.slices.access.queries import UserRef, servers_of
from gasthof.slices.access.roles import give
from gasthof.slices.access.values import Email, RoleName
from gasthof.slices.accounts.queries import Customer, CustomerRef

Language = Literal["de", "en"]
MailIt = Annotated[bool, "send the link by e-mail"]


@action("access.create_operator", permission="access.operators")
def create_operator(
    call: Call,
    *,
    email: Annotated[Email, "e-mail address to sign in with"],
    name: Annotated[PersonName, "name of the person"],
    language: Annotated[Language, "language of pages and messages"] = "de",
    mail: MailIt = True,
) -> Result:
    """Let somebody in as operator: a link comes by mail, by which they choose a password."""
    user = _create(call, email, str(name), language, User.OPERATOR, None)
    return _with_link(call, user, mail=mail)


@action("access.invite", permission="access.members", on="customer")
def invite(
    call: Call,
    *,
    customer: CustomerRef,
    email: Annotated[Email, "e-mail address to sign in with"],
    name: Annotated[PersonName, "name of the person"],
    language: Annotated[Language | Unchanged, "language of pages and messages; else the customer's"] = UNCHANGED,
    role: Annotated[RoleName | Unchanged, "role with all that the customer has; else none yet"] = UNCHANGED,
    mail: MailIt = True,
) -> Result:
    """Let somebody in for a customer: a link comes by mail, by which they choose a password."""
    if User.objects.filter(customer=customer).count() >= rules.MOST_MEMBERS:
        raise Refused("No more than %(most)d people can sign in for one customer.", most=rules.MOST_MEMBERS)
    spoken = customer.language if language is UNCHANGED else language
    user = _create(call, email, str(name), spoken, User.MEMBER, customer)
    if role is not UNCHANGED:
        give(call, user, str(role), {})
    return _with_link(call, user, mail=mail)


@action("access.change_user", permission="access.members", on="user")
def change_user(
    call: Call,
    *,
    user: UserRef,
    name: Annotated[PersonName | Unchanged, "new name"] = UNCHANGED,
    email: Annotated[Email | Unchanged, "new e-mail address"] = UNCHANGED,
    language: Annotated[Language | Unchanged, "new language of pages and messages"] = UNCHANGED,
) -> Result:
    """Change a person's name, address or language."""
    _check_over(call, user)
    if name is not UNCHANGED:
        user.name = str(name)
    if language is not UNCHANGED:
        user.language = language
    if email is not UNCHANGED and email != user.email:
        _change_address(user, email, call.clocks.wall.now())
    user.save(update_fields=["name", "language", "email"])
    return shown(user)


@action("access.deactivate", permission="access.members", on="user")
def deactivate(call: Call, *, user: UserRef) -> Result:
    """Let somebody in no longer; what they are signed in to ends at once."""
    _check_over(call, user)
    user.active = False
    user.generation += 1
    user.save(update_fields=["active", "generation"])
    links.revoke(user)
    return shown(user)


@action("access.activate", permission="access.members", on="user")
def activate(call: Call, *, user: UserRef) -> Result:
    """Let somebody in again, with the password they had."""
    _check_over(call, user)
    user.active = True
    user.save(update_fields=["active"])
    return shown(user)


@action("access.remove_user", permission="access.members", on="user")
def remove_user(call: Call, *, user: UserRef) -> Result:
    """Remove a person, and all that they sign in with."""
    _check_over(call, user)
    told = shown(user)
    user.delete()
    return told


@action("access.end_sessions", permission="access.members", on="user")
def end_sessions(call: Call, *, user: UserRef) -> Result:
    """Sign a person out everywhere."""
    _check_over(call, user)
    user.generation += 1
    user.save(update_fields=["generation"])
    return shown(user)


@action("access.send_link", permission="access.members", on="user")
def send_link(call: Call, *, user: UserRef, mail: MailIt = True) -> Result:
    """Send a one-time link to choose a password by. Earlier ones are worth nothing then."""
    _check_over(call, user)
    if not user.active:
        raise Refused("This person may not sign in; let them in again first.").at("user")
    return _with_link(call, user, mail=mail)


@action("access.reset_factors", permission="access.operators", on="user")
def reset_factors(call: Call, *, user: UserRef) -> Result:
    """Remove a person's second factors: they lost their device and their recovery codes."""
    Authenticator.objects.filter(user=user).delete()
    user.generation += 1
    user.save(update_fields=["generation"])
    outbox.post(user, letters.notice(user, "factors_removed"), call.clocks.wall.now())
    return shown(user)


@action("access.set_password", permission="access.operators", on="user")
def set_password(
    call: Call, *, user: UserRef, password: Annotated[NewPassword, "the password to sign in with from now on"]
) -> Result:
    """Set a person's password. Their other sessions end by that; links to choose one are worth nothing any more."""
    try:
        validate_password(password.reveal(), user)
    except ValidationError as error:
        raise Refused("This password is too easy to guess.").at("password") from error
    user.set_password(password.reveal())
    user.save(update_fields=["password"])
    links.revoke(user, OneTimeLink.PASSWORD)
    return shown(user)


@action("access.tell_of_change", permission="access.operators", on="user")
def tell_of_change(
    call: Call,
    *,
    user: UserRef,
    what: Annotated[letters.Changed, "what was changed"],
    address: Annotated[Title | None, "network address that it was changed from"] = None,
) -> Result:
    """Record that a person changed their sign-in, and write to them about it."""
    outbox.post(user, letters.notice(user, what), call.clocks.wall.now())
    return shown(user)


@action("access.ask_for_address", permission="access.operators", on="user")
def ask_for_address(
    call: Call, *, user: UserRef, email: Annotated[Email, "the address that they want to sign in with"]
) -> Result:
    """Send a link to a person's new address. Nothing tells whether somebody has it already: they get no link."""
    now = call.clocks.wall.now()
    if not outbox.enough(user, now) and not User.objects.filter(email=email).exists():
        link = links.make(user, OneTimeLink.EMAIL, now, rules.NEW_ADDRESS, str(email))
        outbox.post(user, letters.confirm_address(user, link), now, to=str(email))
    return shown(user)


@action("access.confirm_address", permission="access.operators", on="user")
def confirm_address(
    call: Call, *, user: UserRef, token: Annotated[Secret, "what the link to the new address holds"]
) -> Result:
    """Change a person's address to the one that they have confirmed by a link, which is spent."""
    now = call.clocks.wall.now()
    link = links.spend(OneTimeLink.EMAIL, token.reveal(), now)
    if link is None or link.user_id != user.pk:
        raise Refused("This link cannot be used.").at("token")
    _change_address(user, Email(link.detail), now)
    user.save(update_fields=["email"])
    return shown(user)


@action("access.act_as", permission="access.act", on="customer")
def act_as(call: Call, *, customer: CustomerRef) -> Result:
    """Begin to act in a customer's place."""
    return {"customer": customer.number}


@action("access.stop_acting", permission="access.act", on="customer")
def stop_acting(call: Call, *, customer: CustomerRef) -> Result:
    """End acting in a customer's place."""
    return {"customer": customer.number}


def write_to(user: User, subject: str, *paragraphs: str, now: datetime, page: str = "") -> OutgoingMail:
    """A mail to somebody, in the transaction of what it tells of. The words are in their language already; `page` is the template that
    shows them as HTML, too: of "language", "subject", "paragraphs"."""
    return outbox.post(user, letters.letter(user, subject, *paragraphs), now, page=page)


def check_free(email: Email) -> None:
    if User.objects.filter(email=email).exists():
        raise Refused("Somebody signs in with this address already.").at("email")


def _change_address(user: User, email: Email, now: datetime) -> None:
    """The old one hears of it. The row is the caller's to save."""
    check_free(email)
    outbox.post(user, letters.address_changed(user, email.shown), now)
    links.revoke(user)
    user.email = email


def shown(user: User) -> Result:
    return {
        "user": user.pk,
        "name": user.name,
        "email": user.address,
        "language": user.language,
        "kind": user.kind,
        "customer": user.customer_id,
        "active": user.active,
    }


def _check_over(call: Call, user: User) -> None:
    if not is_over(call.actor, user):
        raise Refused("This person may do more than you.").at("user")


def _create(call: Call, email: Email, name: str, language: str, kind: str, customer: Customer | None) -> User:
    check_free(email)
    user = User(email=email, name=name, language=language, kind=kind, customer=customer)
    user.created = call.clocks.wall.now()
    user.set_unusable_password()
    user.save()
    return user


def _with_link(call: Call, user: User, *, mail: bool) -> Result:
    """The link itself is told to those only who could let themselves in anyway."""
    now = call.clocks.wall.now()
    if mail and outbox.enough(user, now):
        raise Refused("This person has been sent enough messages for now. Please try again in an hour.")
    first = not user.has_usable_password()
    link = links.make(user, OneTimeLink.PASSWORD, now, rules.FIRST_ACCESS if first else rules.FORGOTTEN)
    if mail:
        servers = servers_of(user.customer_id) if user.customer_id else ()
        outbox.post(user, letters.first_access(user, link, servers) if first else letters.new_password(user, link), now)
    return {**shown(user), **({"link": link} if call.actor.role in EVERYWHERE else {})}
