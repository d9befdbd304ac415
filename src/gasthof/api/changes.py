"""How far a verb's changes are on their nodes.

Keys of objects tell whose they are, so nobody may ask about just any. A verb's answer carries a signed ticket for the changes that it
made, which is good for the token that made them, and for a day.
"""

from collections.abc import Sequence
from typing import Any

from django.core import signing
from django.utils.translation import gettext

from gasthof.api.asking import Asking
from gasthof.api.problems import Problem
from gasthof.kernel import registry
from gasthof.kernel.call import Awaited
from gasthof.kernel.refusal import FieldError

SALT = "gasthof.api.changes"
GOOD_FOR = 24 * 3600  # seconds
MOST = 50  # changes of one ticket; of more the last, which nodes come to last
LONGEST = 6_000  # characters of a ticket, so that an address can hold it


def ticket(asking: Asking, told: Sequence[Awaited]) -> str | None:
    """None: no node has anything to do."""
    if not told:
        return None
    listed = [[each.node, each.kind, each.key, each.revision] for each in told[-MOST:]]
    return signing.dumps([asking.bearer.token, listed], salt=SALT, compress=True)


def told(awaited: Sequence[Awaited]) -> list[dict[str, Any]]:
    return [{"node": each.node, "kind": each.kind, "key": each.key, "revision": each.revision} for each in awaited]


def followed(asking: Asking, text: str) -> dict[str, Any]:
    """How far they are: together the worst of their states."""
    changes = _opened(asking, text)
    found = [
        {**each, "state": became.state, "words": became.words}
        for each, became in zip(told(changes), registry.progress(changes), strict=True)
    ]
    states = {each["state"] for each in found}
    return {"state": next((state for state in ("failed", "pending") if state in states), "live"), "items": found}


def _opened(asking: Asking, text: str) -> list[Awaited]:
    try:
        owner, listed = signing.loads(text[:LONGEST], salt=SALT, max_age=GOOD_FOR)
    except signing.BadSignature:
        owner, listed = None, []
    if owner != asking.bearer.token:
        raise Problem(422, FieldError("ticket", gettext("This ticket is not good, or not any more.")))
    return [Awaited(*each) for each in listed]
