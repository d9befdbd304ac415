"""What is known of a service, as the pure rules ask for it, and its policy."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.db.models import Prefetch

from gasthof.slices.lifecycle.models import Hold, Service, Termination
from gasthof.slices.lifecycle.policies import read
from gasthof.slices.lifecycle.rules import facts
from gasthof.slices.lifecycle.rules.evaluate import evaluate
from gasthof.slices.lifecycle.rules.policy import Policy

STANDING = {"holds": Hold.objects.filter(lifted=None), "terminations": Termination.objects.filter(revoked=None)}


def known_at_once() -> list["Prefetch[Any]"]:
    """What `facts_of` asks for, for many services in as many queries as for one; for rows that are read and not changed."""
    above = ("", "parent__", "parent__parent__")
    read_ones = [Prefetch(f"{far}{name}", rows, f"{name}_read") for far in above for name, rows in STANDING.items()]
    return [*read_ones, *(Prefetch(f"{far}policy") for far in above)]


def _standing(service: Service, name: str) -> Iterable[Any]:
    read = getattr(service, f"{name}_read", None)
    return STANDING[name].filter(service=service) if read is None else read


def facts_of(service: Service, on: date) -> facts.Facts:
    """All that is known of it, and of what it belongs to."""
    return facts.Facts(
        type=service.type,
        tld=service.tld,
        first_unpaid=service.first_unpaid,
        registry=service.registry_date,
        noticed=service.noticed,
        spared=service.spared,
        holds=frozenset(_hold(row) for row in _standing(service, "holds")),
        termination=termination_of(service),
        ended=service.ended,
        stands=on if service.ended is None and service.due_at is not None and service.due_at <= on else None,
        parent=decided(service.parent, on) if service.parent else None,
    )


def termination_of(service: Service) -> facts.Termination | None:
    """The wish for its end that stands."""
    row = next(iter(_standing(service, "terminations")), None)
    return facts.Termination(row.effective, row.by, row.authorised) if row else None


def _hold(row: Hold) -> facts.Hold:
    return facts.Hold(row.kind, row.source, row.case, row.severity, row.lifted_by)


def policy_of(service: Service) -> Policy:
    """Of the version that it is pinned to."""
    return read(service.policy.text)


def decided(service: Service, on: date) -> facts.Decision:
    """By the version that it is pinned to itself, which may be another one than its children's."""
    return evaluate(policy_of(service), facts_of(service, on), on)
