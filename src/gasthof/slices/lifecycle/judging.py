"""Which services go over to a new version of the policy, as SQL: rules.prospects for all of them, by a row for each pair of entries."""

import json
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from gasthof.slices.lifecycle import policies
from gasthof.slices.lifecycle.rules.policy import Entry, Policy
from gasthof.slices.lifecycle.rules.prospects import never_earlier

# `old_` and `new_`: days from the first unpaid one to the first phase and to the end, the age that a notice needs, notices' days.
# A name of a TLD that has an entry of its own now goes by that.
JUDGED = """pair AS MATERIALIZED (
    SELECT * FROM jsonb_to_recordset(%(pairs)s::jsonb) AS p(
        version integer, entry text, fresh text, fits boolean, follows boolean,
        old_first integer, old_end integer, old_age integer, old_notices integer[],
        new_first integer, new_end integer, new_age integer, new_notices integer[]
    )
), judged AS (
    SELECT s.id, s.revision, s.services, s.entry, p.fresh, s.first_unpaid, s.ends_on, s.keeps, p.follows,
        p.old_first, p.old_end, p.old_age, p.old_notices, p.new_first, p.new_end, p.new_age, p.new_notices,
        CASE WHEN s.begun THEN 'course' WHEN p.fits THEN 'over' ELSE 'earlier' END AS fate
    FROM standing s JOIN pair p ON p.version = s.policy_id AND p.entry = s.entry AND p.fresh = CASE
        WHEN s.tld <> '' AND s.type || '.' || s.tld = ANY (%(keys)s) THEN s.type || '.' || s.tld ELSE s.type END
)"""
BEGUN = "(s.nth > 0 OR s.noticed IS NOT NULL OR s.first_unpaid <= %(today)s OR s.due_at <= %(today)s) IS TRUE"
EACH = f"""
WITH standing AS MATERIALIZED (
    SELECT s.id, s.revision, 1 AS services, s.policy_id, s.entry, s.type, s.tld, s.first_unpaid, s.ends_on, s.keeps, {BEGUN} AS begun
    FROM lifecycle_service s WHERE s.ended IS NULL AND {{which}} {{locked}}
), """  # noqa: S608 - of parts that stand here
# Services alike have one answer: some thousands, however many there are.
ALIKE = f"""
WITH standing AS MATERIALIZED (
    SELECT min(s.id) AS id, 0 AS revision, count(*) AS services, s.policy_id, s.entry, s.type, s.tld, s.first_unpaid, s.ends_on, s.keeps,
        {BEGUN} AS begun
    FROM lifecycle_service s WHERE s.ended IS NULL GROUP BY s.policy_id, s.entry, s.type, s.tld, s.first_unpaid, s.ends_on, s.keeps, begun
), """  # noqa: S608 - the same
LOCKED = "ORDER BY s.id FOR NO KEY UPDATE OF s"


def judged(which: str, locked: str = "") -> str:
    """The beginning of a statement; `which` services, each."""
    return EACH.format(which=which, locked=locked) + JUDGED


def judged_alike() -> str:
    """The same of all services, those alike together: `services` says how many, `id` is the lowest of theirs."""
    return ALIKE + JUDGED


@lru_cache(maxsize=16)
def values(text: str, versions: tuple[tuple[int, str], ...]) -> Mapping[str, Any]:
    """For the policy of that text. `versions`: numbers and texts of those that services are pinned to."""
    after = policies.read(text)
    rows = list(pairs(after, {number: policies.read(each) for number, each in versions}))
    return {"pairs": json.dumps(rows), "keys": list(after.entries)}


def pairs(after: Policy, versions: Mapping[int, Policy]) -> Iterator[dict[str, object]]:
    """A row for each entry of each version, and each entry that its services would go by."""
    below = (*versions.values(), after)
    for number, before in versions.items():
        for old in before.entries.values():
            for type_, tld in _kinds(old.key, before, after):
                new = after.of(type_, tld)
                yield {
                    "version": number, "entry": old.key, "fresh": new.key, "follows": bool(new.follows),
                    "fits": never_earlier(before, after, type_, tld, below),
                    **_days("old", old, before.notice_days), **_days("new", new, after.notice_days),
                }  # fmt: skip


def _kinds(key: str, before: Policy, after: Policy) -> Iterator[tuple[str, str]]:
    """Type and TLD of those that go by the entry; those that will have one of their own each by itself."""
    type_, _, tld = key.partition(".")
    yield type_, tld
    own = (each.partition(".") for each in after.entries.keys() - before.entries.keys())
    yield from ((type_, one) for kind, _, one in own if one and kind == type_ and not tld)


def _days(side: str, entry: Entry, age: int) -> dict[str, object]:
    first = next((phase.start for phase in entry.phases[1:-1]), None)
    notices = [notice.at for notice in entry.notices]
    return {f"{side}_first": first, f"{side}_end": entry.end.start, f"{side}_age": age, f"{side}_notices": notices}
