"""What people do about their own sign-in, from the panel's pages: they have proved who they are, or hold a link that does."""

from django.db import transaction
from django.http import HttpRequest

from gasthof.kernel.actions import SYSTEM_CLOCKS
from gasthof.kernel.clock import Clocks
from gasthof.kernel.values import PersonName
from gasthof.slices.access import letters, links, outbox, rules
from gasthof.slices.access.models import OneTimeLink, User
from gasthof.slices.access.record import note
from gasthof.slices.access.values import Email


def set_password(user: User, password: str) -> None:
    """All sessions but the one that says otherwise end by that; links to choose a password are worth nothing any more."""
    with transaction.atomic():
        user.set_password(password)
        user.save(update_fields=["password"])
        links.revoke(user, OneTimeLink.PASSWORD)


def tell(user: User, what: str, request: HttpRequest, clocks: Clocks = SYSTEM_CLOCKS) -> None:
    """Record a change of somebody's sign-in, and write to them about it: `what` is a key of letters.NOTICES."""
    with transaction.atomic():
        note(user, f"access.{what}", request, clocks=clocks)
        outbox.post(user, letters.notice(user, what), clocks.wall.now())


def change_profile(user: User, name: PersonName, language: str, clocks: Clocks = SYSTEM_CLOCKS) -> None:
    with transaction.atomic():
        user.name, user.language = str(name), language
        user.save(update_fields=["name", "language"])
        note(user, "access.profile_changed", clocks=clocks)


def ask_for_address(user: User, email: Email, clocks: Clocks = SYSTEM_CLOCKS) -> None:
    """A link to the new address. Nothing tells whether somebody signs in with it already: they would get no link."""
    now = clocks.wall.now()
    with transaction.atomic():
        note(user, "access.address_asked", clocks=clocks)
        if outbox.enough(user, now) or User.objects.filter(email=email).exists():
            return
        link = links.make(user, OneTimeLink.EMAIL, now, rules.NEW_ADDRESS, str(email))
        outbox.post(user, letters.confirm_address(user, link), now, to=str(email))


def confirm_address(token: str, clocks: Clocks = SYSTEM_CLOCKS) -> User | None:
    """Spends the link. None: it is worth nothing, or somebody else has taken that address meanwhile."""
    now = clocks.wall.now()
    with transaction.atomic():
        link = links.spend(OneTimeLink.EMAIL, token, now)
        if link is None or User.objects.filter(email=link.detail).exists():
            return None
        user = User.objects.select_for_update().get(pk=link.user_id)
        outbox.post(user, letters.address_changed(user, Email(link.detail).shown), now)
        links.revoke(user)
        user.email = link.detail
        user.save(update_fields=["email"])
        note(user, "access.address_changed", clocks=clocks)
    return user
