"""Writing the audit trail."""

from collections.abc import Iterable, Mapping
from itertools import islice

from gasthof.kernel.call import Call
from gasthof.kernel.fields import Field
from gasthof.kernel.models import AuditEntry
from gasthof.kernel.permissions import Place

LONGEST_VALUE = 1_000  # characters kept of a field
MOST_FIELDS = 50  # kept of a request; no verb has that many
MASK = "•••"


def entry(
    call: Call, verb: str, about: tuple[str, Place | None], fields: Mapping[str, object], outcome: str, words: str = ""
) -> AuditEntry:
    """A row, not yet saved. `about`: the object's name and where it stands."""
    name, place = about
    customer = place.customer if place else None
    return AuditEntry(
        at=call.clocks.wall.now(),
        actor=str(call.actor),
        customer=customer if customer is not None else call.actor.customer,
        verb=verb,
        object=name,
        fields=dict(fields),
        outcome=outcome,
        words=legible(words),
    )


def masked(fields: Iterable[Field], given: Mapping[str, object]) -> dict[str, str]:
    """What was given, as text that PostgreSQL can hold. Secrets and unknown fields do not show their values."""
    shown = {field.name for field in fields if not field.secret}
    kept = islice(given.items(), MOST_FIELDS)
    return {legible(name)[:80]: legible(str(value)) if name in shown else MASK for name, value in kept}


def legible(text: str) -> str:
    """At most LONGEST_VALUE characters, with NUL and lone surrogates written out."""
    return text[:LONGEST_VALUE].replace("\x00", "\\x00").encode("utf-8", "backslashreplace").decode("utf-8")
