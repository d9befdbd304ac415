"""Changes on their way to the nodes, for whoever made them: a signed token, and what has become of them."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

from django.core import signing
from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import urlencode

from gasthof.kernel import registry, rows
from gasthof.kernel.call import Awaited
from gasthof.kernel.capability import Waited
from gasthof.kernel.clock import SystemClock
from gasthof.kernel.permissions import Actor
from gasthof.ui.models import Bundle
from gasthof.ui.request import actor_of

SALT = "gasthof.ui.changes"
LONGEST = 7 * 24 * 3600  # seconds that a token is good for
FEW = 12  # changes that fit into an address
PARAMETER = "done"  # of the page that is shown after a form
MOST_SHOWN = 50


@dataclass(frozen=True)
class Undo:
    """What takes it back: a verb with its fields, none of them secret."""

    verb: str
    fields: dict[str, object]


@dataclass(frozen=True)
class Done:
    """What was done, in words, and what nodes were told because of it."""

    text: str
    changes: tuple[Awaited, ...] = ()
    undo: Undo | None = None

    def token(self, actor: Actor) -> str:
        """For this actor alone."""
        listed: Any = [[each.node, each.kind, each.key, each.revision] for each in self.changes]
        if len(listed) > FEW:
            bundle = Bundle(key=secrets.token_hex(16), changes=listed, at=SystemClock().now())
            with rows.staff():
                bundle.save(force_insert=True)
            listed = bundle.key
        undo = [self.undo.verb, self.undo.fields] if self.undo else None
        return signing.dumps([str(actor), self.text, listed, undo], salt=SALT, compress=True)

    @classmethod
    def read(cls, token: str, actor: Actor) -> Self | None:
        """None: forged, too old, or another's."""
        try:
            who, text, listed, undo = signing.loads(token, salt=SALT, max_age=LONGEST)
        except signing.BadSignature:
            return None
        if who != str(actor):
            return None
        if isinstance(listed, str):
            with rows.staff():
                bundle = Bundle.objects.filter(pk=listed).first()
            listed = bundle.changes if bundle else []
        return cls(text, tuple(Awaited(*each) for each in listed), Undo(*undo) if undo else None)


@dataclass(frozen=True)
class Progress:
    """How far it is, for the templates."""

    done: Done
    token: str
    waited: tuple[Waited, ...]

    @property
    def state(self) -> str:
        """ "failed" as soon as one has, "live" when all are."""
        states = {each.state for each in self.waited}
        return "pending" if "pending" in states else "failed" if "failed" in states else "live"

    @property
    def final(self) -> bool:
        return self.state != "pending"

    @property
    def live(self) -> int:
        return sum(each.state not in ("pending", "failed") for each in self.waited)

    @property
    def total(self) -> int:
        return len(self.waited)

    @property
    def failed(self) -> list[Waited]:
        return [each for each in self.waited if each.state == "failed"]

    @property
    def shown(self) -> list[Waited]:
        """The first of them, those that failed before the others, then those that wait."""
        order = ("failed", "pending")
        ranked = sorted(self.waited, key=lambda each: order.index(each.state) if each.state in order else len(order))
        return ranked[:MOST_SHOWN]

    @property
    def mark(self) -> str:
        """Another one whenever there is something new to see."""
        return f"{self.live}-{len(self.failed)}-{self.total}"


def progress(token: str, actor: Actor) -> Progress | None:
    done = Done.read(token, actor)
    return Progress(done, token, tuple(registry.progress(done.changes) if done.changes else ())) if done else None


def at_hand(request: HttpRequest) -> Progress | None:
    """What was done just before this page was shown."""
    token = request.GET.get(PARAMETER, "")
    return progress(token, actor_of(request)) if token else None


def after(url: str, done: Done, actor: Actor) -> str:
    """The address that shows it: the page at `url`, which keeps its own query."""
    path, _, fragment = url.partition("#")
    query = urlencode({PARAMETER: done.token(actor)})
    whole = f"{path}{'&' if '?' in path else '?'}{query}"
    return f"{whole}#{fragment}" if fragment else whole


def without(url: str) -> str:
    """The address of a page without what was done before it."""
    parts = urlsplit(url)
    kept = [(name, value) for name, value in parse_qsl(parts.query, keep_blank_values=True) if name != PARAMETER]
    return parts._replace(query=urlencode(kept)).geturl()


def follow(changes: Sequence[Awaited], text: str, actor: Actor) -> str:
    """The address at which somebody may look at these changes until they are live."""
    return reverse("ui:changes", args=[Done(text, tuple(changes)).token(actor)])
