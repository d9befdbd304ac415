"""What people do about their own sign-in, from the panel's pages: they have proved who they are, or hold a link that does.

Asked for as the system, recorded under the person's name: what a token or another person may do is no matter here.
"""

from dataclasses import replace

from django.http import HttpRequest

from gasthof.kernel.actions import SYSTEM_CLOCKS, perform
from gasthof.kernel.permissions import SYSTEM
from gasthof.kernel.refusal import ActionRefused
from gasthof.kernel.values import PersonName
from gasthof.slices.access import links
from gasthof.slices.access.address import client_address
from gasthof.slices.access.models import OneTimeLink, User
from gasthof.slices.access.queries import name_of
from gasthof.slices.access.values import Email


def set_password(user: User, password: str) -> None:
    """All sessions but the one that says otherwise end by that; links to choose a password are worth nothing any more."""
    _perform(user, "access.set_password", password=password)
    user.refresh_from_db(fields=["password"])


def tell(user: User, what: str, request: HttpRequest) -> None:
    """Record a change of somebody's sign-in, and write to them about it: `what` is one of letters.Changed."""
    _perform(user, "access.tell_of_change", what=what, address=client_address(request))


def change_profile(user: User, name: PersonName, language: str) -> None:
    _perform(user, "access.change_user", name=str(name), language=language)


def speaks(request: HttpRequest, language: str) -> None:
    """Hook: a language chosen in a page's head is the person's own, on each of their machines. Strangers have the cookie."""
    user = request.user
    if isinstance(user, User) and user.language != language:
        change_profile(user, PersonName(user.name), language)


def ask_for_address(user: User, email: Email) -> None:
    """A link to the new address. Nothing tells whether somebody signs in with it already: they would get no link."""
    _perform(user, "access.ask_for_address", email=str(email))


def confirm_address(token: str) -> bool:
    """Spends the link. False: it is worth nothing, or somebody else has taken that address meanwhile."""
    link = links.find(OneTimeLink.EMAIL, token, SYSTEM_CLOCKS.wall.now())
    if link is None:
        return False
    try:
        _perform(link.user, "access.confirm_address", token=token)
    except ActionRefused:
        return False
    return True


def _perform(user: User, verb: str, **fields: object) -> None:
    actor = replace(SYSTEM, name=name_of(user), language=user.language)
    perform(actor, verb, {"user": user.pk, **fields})
