"""The audit trail as a list: who may read what of it, and by what it can be narrowed."""

import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import date, datetime, time, timedelta

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.timezone import localtime, make_aware
from django.utils.translation import gettext

from gasthof.kernel import registry
from gasthof.kernel.actions import actions
from gasthof.kernel.capability import CARD_LINES, Badge, Card, Line
from gasthof.kernel.collection import Ask, Filter, collection, conjunction
from gasthof.kernel.models import AuditEntry, Given
from gasthof.kernel.permissions import HOUSE, Actor, Place
from gasthof.kernel.refusal import Refused
from gasthof.kernel.values import DomainName
from gasthof.slices.accounts.models import Customer
from gasthof.slices.accounts.queries import in_customers


def shown_entry(entry: AuditEntry) -> dict[str, object]:
    return {
        "number": entry.pk,
        "at": entry.at.isoformat(),
        "actor": entry.actor,
        "customer": entry.customer,
        "verb": entry.verb,
        "object": entry.object,
        "fields": entry.fields,
        "outcome": entry.outcome,
        "words": entry.words,
    }


def day(text: str) -> datetime:
    """Its beginning where the house is."""
    try:
        found = date.fromisoformat(text.strip())
    except ValueError:
        found = date.min
    if not 2000 <= found.year < 3000:
        raise Refused("A day such as 2026-11-27 is needed.")
    return make_aware(datetime.combine(found, time()))


DAY = {"type": "string", "format": "date"}
FILTERS = {
    "who": Filter(str.strip, "who did it: a part of a name or e-mail address, or as `actor` says it"),
    "verb": Filter(str.strip, "a verb, or what verbs begin with: domains.add, domains"),
    "object": Filter(
        str.strip, "what was given to the verb: a domain, an address, a system name; or as `object` says it"
    ),
    "since": Filter(day, "the first day, such as 2026-11-01", DAY),
    "until": Filter(day, "the last day, such as 2026-11-30", DAY),
}


@collection("audit", permission="accounts.audit", order=("-id",), shown=shown_entry, filters=FILTERS)
def audit(ask: Ask) -> QuerySet[AuditEntry]:
    """What was done, refused and denied, the newest first; found by verb, actor or object."""
    rows = AuditEntry.objects.filter(conjunction(ask.scopes, _audited))
    text, filters = ask.search, ask.filters
    if text:
        rows = rows.filter(Q(verb=text) | Q(actor=text) | Q(object=text))
    if "who" in filters:
        rows = rows.filter(_by(ask.actor, filters["who"]))
    if "verb" in filters:
        rows = rows.filter(Q(verb=filters["verb"]) | Q(verb__startswith=f"{filters['verb']}."))
    if "object" in filters:
        rows = rows.alias(given=Given("fields")).filter(_about(filters["object"]))
    if "since" in filters:
        rows = rows.filter(at__gte=filters["since"])
    return rows.filter(at__lt=filters["until"] + timedelta(days=1)) if "until" in filters else rows


def _by(asker: Actor, text: str) -> Q:
    """By a person, by one of their tokens, or in whoever's place."""
    found = Q(actor=text)
    for name in (text, *registry.named(asker, text)):
        found |= Q(actor=name) | Q(actor__startswith=f"{name} as ") | Q(actor__startswith=f"{name}/")
    return found


def _about(text: str) -> Q:
    """Whatever was given so, in any spelling of a domain."""
    spellings = {text.lower()}
    with suppress(Refused):
        name = DomainName.parse(text)
        spellings |= {name.ascii, name.unicode}
    return Q(object=text) | Q(given__overlap=sorted(spellings))


def _audited(place: Place) -> Q:
    """Only whom a whole customer is shown may read what was done there."""
    if place == HOUSE:
        return Q()
    if place.customer is not None:
        return Q(customer=place.customer) if place == Place(customer=place.customer) else Q(pk__in=[])
    return Q(customer__in=Customer.objects.filter(in_customers(place)).values("number"))


def action_words(verb: str) -> str:
    """In words; what no verb of today is called, as it was written down."""
    known = actions().get(verb)
    words = known.help if known else registry.deeds().get(verb, "")
    return gettext(words).rstrip(".") if words else verb


def _briefly(verb: str) -> str:
    """The first of its sentences, or of what a colon parts."""
    return re.split(r"[.:;] ", action_words(verb), maxsplit=1)[0]


def outcome_of(entry: AuditEntry) -> Badge:
    """What came of it, as a badge."""
    known: dict[str, Badge] = {
        "done": (gettext("done"), "good", "circle-check"),
        "refused": (gettext("refused"), "warn", "circle-x"),
        "denied": (gettext("denied"), "bad", "shield-x"),
    }
    return known.get(entry.outcome, (entry.outcome, "", "circle"))


def last(customer: Customer) -> Card:
    """Hook: what was done, refused and denied last, on the customer's page."""
    rows = list(AuditEntry.objects.filter(customer=customer.number).order_by("-pk")[:CARD_LINES])
    called = registry.called({row.actor for row in rows})
    lines = tuple(Line(_briefly(row.verb), note=_when_and_who(row, called), badge=outcome_of(row)) for row in rows)
    at = reverse("accounts:customer_trail", args=[customer.number])
    return Card(gettext("Last changes"), at, lines, gettext("Nothing was done yet"))


def _when_and_who(row: AuditEntry, called: Mapping[str, str]) -> str:
    return f"{date_format(localtime(row.at), 'SHORT_DATETIME_FORMAT')}, {called.get(row.actor, row.actor)}"
