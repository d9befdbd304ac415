"""The audit trail's part of what people do about their own sign-in: allauth's views do it, not verbs."""

from django.http import HttpRequest

from gasthof.kernel import audit
from gasthof.kernel.actions import SYSTEM_CLOCKS
from gasthof.kernel.call import Call
from gasthof.kernel.clock import Clocks
from gasthof.kernel.permissions import ANONYMOUS
from gasthof.slices.access.address import client_address
from gasthof.slices.access.models import User
from gasthof.slices.access.queries import actor_of, name_of

DEEDS = {
    "access.signed_in": "Sign in.",
    "access.sign_in_failed": "Sign in with a wrong password.",
    "access.second_factor_failed": "Sign in with a wrong second factor.",
    "access.link_spent": "Use a link that works once.",
    "access.session_ended": "End a session.",
}


def note(
    user: User,
    what: str,
    request: HttpRequest | None = None,
    *,
    denied: bool = False,
    clocks: Clocks = SYSTEM_CLOCKS,
    **more: str,
) -> None:
    """`what` is one of DEEDS. Denied: somebody failed to prove that they are this person."""
    call = Call(ANONYMOUS if denied else actor_of(user), clocks)
    fields = {"user": user.email, **({"from": client_address(request)} if request else {}), **more}
    outcome = "denied" if denied else "done"
    assert what in DEEDS, what
    audit.entry(call, what, (name_of(user), user.place), fields, outcome).save()
