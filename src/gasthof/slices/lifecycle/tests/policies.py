"""What ships, variations of it, and facts of all sorts for Hypothesis."""

from dataclasses import replace
from datetime import date, timedelta
from importlib.resources import files

from hypothesis import strategies as st

from gasthof.slices.lifecycle.rules.facts import LIFTED_BY, PUT, Facts, Hold, Termination
from gasthof.slices.lifecycle.rules.policy import Archive, Entry, Notice, Policy, policy

TEXT = files("gasthof.slices.lifecycle").joinpath("policy.toml").read_text("utf-8")
SHIPPED = policy(TEXT)
FIRST = date(2027, 3, 3)
# Where days are easily miscounted: leap days, ends of years and months, both days on which clocks are set.
EDGES = (
    FIRST, date(2028, 2, 29), date(2028, 2, 1), date(2026, 12, 31), date(2027, 1, 31), date(2027, 3, 28), date(2027, 10, 31),
)  # fmt: skip
OWN_DAYS = [
    ("hosting", ""), ("multihosting", ""), ("builder", ""), ("mail", ""), ("shop", ""), ("vms", ""), ("vps", ""), ("aps", ""),
    *(("domain", tld) for tld in ("cz", "sk", "de", "at", "eu", "com", "net", "info", "biz", "org", "mobi", "xn--vermgensberatung-pwb")),
]  # fmt: skip
FOLLOWERS = ("dns", "hosting_mail", "subserver")


def changed(before: str, after: str) -> Policy:
    """The shipped policy with another text in one place."""
    assert TEXT.count(before) == 1
    return policy(TEXT.replace(before, after))


def days(count: int) -> timedelta:
    return timedelta(days=count)


firsts = st.sampled_from(EDGES) | st.dates(date(2026, 1, 1), date(2030, 12, 31))
offsets = st.integers(-60, 150)
holds = st.frozensets(
    st.builds(
        Hold,
        kind=st.sampled_from(PUT),
        source=st.sampled_from(["staff:anna", "rspamd", "gericht"]),
        case=st.sampled_from(["", "V-7"]),
        severity=st.integers(0, 2),
        lifted_by=st.sampled_from(LIFTED_BY),
    ),
    max_size=3,
)


@st.composite
def facts(draw: st.DrawFn, first: date | None = None, *, with_end: bool = True) -> Facts:
    """Of a service with days of its own."""
    type_, tld = draw(st.sampled_from(OWN_DAYS))
    first = first or draw(firsts)
    wish = draw(st.none() | offsets) if with_end else None
    noticed = draw(st.none() | offsets)
    return Facts(
        type=type_,
        tld=tld,
        first_unpaid=first,
        registry=draw(st.none() | st.just(date(1969, 12, 31)) | firsts),
        holds=draw(holds),
        termination=None if wish is None else Termination(first + days(wish), "owner:köchin", "mailed code", draw(st.none() | st.just(first))),
        noticed=None if noticed is None else first + days(noticed),
        spared=draw(st.integers(0, 20)),
    )  # fmt: skip


@st.composite
def entries(draw: st.DrawFn, key: str) -> Entry:
    """The shipped entry with other days, notices and archive."""
    shipped = SHIPPED.entries[key]
    starts = sorted(
        draw(st.sets(st.integers(-8, 70), min_size=len(shipped.phases) - 1, max_size=len(shipped.phases) - 1))
    )
    phases = [
        phase if phase.start is None else replace(phase, start=start)
        for phase, start in zip(shipped.phases, [None, *starts], strict=True)
    ]
    told = sorted(draw(st.sets(st.integers(-40, starts[-1] - 1), min_size=1, max_size=3)))
    kept = draw(st.sampled_from([0, 4, 14, 30])) if shipped.archive.days else 0
    return replace(
        shipped,
        phases=tuple(phases),
        notices=tuple(Notice(at, name) for at, name in zip(told, ("renewal_due", "last_days", "closed"), strict=False)),
        archive=replace(shipped.archive, days=kept) if kept else Archive(),
        registry_clock=draw(st.booleans()),
    )  # fmt: skip


@st.composite
def versions(draw: st.DrawFn) -> Policy:
    """Mail, virtual servers and some domains have other days, and restoring another fee."""
    others = {key: draw(entries(key)) for key in ("mail", "vps", "domain.de", "domain")}
    fee = replace(SHIPPED.fees["restore"], amount=draw(st.sampled_from([None, 1500, 2000])))
    return replace(
        SHIPPED, notice_days=draw(st.sampled_from([3, 7, 10])), fees={**SHIPPED.fees, "restore": fee}, entries={**SHIPPED.entries, **others}
    )  # fmt: skip


@st.composite
def successors(draw: st.DrawFn, before: Policy) -> Policy:
    """Mostly a kinder version, so that many go over to it."""
    if draw(st.integers(0, 3)) == 0:
        return draw(versions())
    keys = ("mail", "vps", "domain.de", "domain")
    entries_ = {key: _later(before.entries[key], draw(st.integers(0, 9)), draw(st.integers(-1, 9))) for key in keys}
    return replace(
        before, notice_days=before.notice_days + draw(st.integers(0, 3)), entries={**before.entries, **entries_}
    )


def _later(entry: Entry, by: int, kept: int) -> Entry:
    phases = [phase if phase.start is None else replace(phase, start=phase.start + by) for phase in entry.phases]
    archive = entry.archive if not entry.archive.days else replace(entry.archive, days=entry.archive.days + kept)
    return replace(entry, phases=tuple(phases), archive=archive)
