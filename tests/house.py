"""A small house for tests of the control plane: one node, two plans, two customers with a subscription each."""

from dataclasses import dataclass

from gasthof.kernel.actions import Outcome, perform
from gasthof.kernel.clock import SystemClock
from gasthof.kernel.permissions import Actor
from gasthof.slices.nodes.models import DesiredObject, Node, NodeContact, ObjectReport
from gasthof.slices.nodes.registration import register

OPERATOR = Actor("operator")
PHP = ["8.2", "8.9", "8.10"]


@dataclass(frozen=True)
class House:
    """Numbers and system names; "mine" is the baker's, "other" the gardener's."""

    node: Node
    baker: Actor
    gardener: Actor
    mine: str
    other: str

    def run(self, verb: str, actor: Actor = OPERATOR, **fields: object) -> Outcome:
        return perform(actor, verb, fields)


def settle() -> House:
    node, _ = register("local", 2_000_000, SystemClock().now())
    NodeContact.objects.filter(node=node).update(facts={"php": PHP})
    perform(OPERATOR, "subscriptions.create_plan", {"name": "Standard", "domains": 5, "aliases": 3})
    perform(OPERATOR, "subscriptions.create_plan", {"name": "Bare", "php": "no", "domains": 1, "aliases": 0})
    baker, mine = _customer("Bäckerei Müller")
    gardener, other = _customer("Gärtnerei Grün")
    return House(node, baker, gardener, mine, other)


def _customer(name: str) -> tuple[Actor, str]:
    number = perform(OPERATOR, "accounts.create", {"name": name}).result["customer"]
    fields = {"customer": number, "plan": "Standard", "node": "local"}
    return Actor("owner", number), perform(OPERATOR, "subscriptions.create", fields).result["subscription"]


def desired(kind: str) -> dict[str, str]:
    """What the node is told now: key -> spec as JSON, tombstones left out."""
    rows = DesiredObject.objects.filter(kind=kind, spec__isnull=False)
    return {row.key: row.spec for row in rows if row.spec is not None}


def all_live(state: str = "live", words: str = "", **which: str) -> None:
    """As if the node had said so of all, or of those with that kind or key."""
    for row in DesiredObject.objects.filter(**which):
        said = {"revision": row.revision, "state": state, "words": words, "at": SystemClock().now()}
        ObjectReport.objects.update_or_create(target=row, defaults=said)
