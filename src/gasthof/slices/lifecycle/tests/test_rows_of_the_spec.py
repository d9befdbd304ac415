"""Rows L12 to L28, day by day around every boundary, from first unpaid days where counting is easily wrong."""

from datetime import date

import pytest

from gasthof.slices.lifecycle.rules.evaluate import evaluate
from gasthof.slices.lifecycle.rules.facts import Facts
from gasthof.slices.lifecycle.tests.policies import EDGES, FIRST, SHIPPED, days

Row = list[tuple[str, int, set[str]]]  # phase, first day, what matters of its capabilities
HOUSE = {"served", "mail_delivered", "sign_in", "edit"}
ALL = -400  # long before
SIXTY: Row = [("active", ALL, {"served", "edit"}), ("suspended", 0, set()), ("deleted", 60, set())]
THIRTY: Row = [("active", ALL, {"served", "edit"}), ("suspended", 0, set()), ("deleted", 30, set())]
COM: Row = [
    ("active", ALL, {"dns_served", "renewable"}), ("renewable", 0, {"renewable"}),
    ("quarantine", 30, {"renewable_by_fee"}), ("released", 60, set()),
]  # fmt: skip
ROWS: dict[str, Row] = {
    "L14 hosting": SIXTY, "L15 multihosting": SIXTY, "L16 builder": SIXTY, "L18 shop": SIXTY,
    "L17 mail": [("active", ALL, {"mail_delivered"}), ("suspended", 0, {"renewable"}), ("deleted", 14, set())],
    "L19 vms": THIRTY, "L20 vps": THIRTY, "L21 aps": THIRTY,
    "L22 domain.cz": [
        ("active", ALL, {"dns_served"}), ("protected", 0, {"dns_served", "renewable"}), ("out_of_zone", 30, {"renewable"}),
        ("released", 60, set()),
    ],
    "L23 domain.sk": [("active", ALL, {"edit"}), ("frozen", 0, {"renewable"}), ("deleted", 40, set())],
    "L24 domain.de": [("active", ALL, {"renewable"}), ("quarantine", -5, {"renewable_by_fee"}), ("released", 55, set())],
    "L25 domain.at": [("active", ALL, {"renewable"}), ("quarantine", -5, {"renewable_by_fee"}), ("released", 35, set())],
    "L26 domain.eu": [("active", ALL, {"renewable"}), ("quarantine", -5, {"renewable_by_fee"}), ("released", 35, set())],
    **{f"L27 domain.{tld}": COM for tld in ("com", "net", "info", "biz", "org", "mobi")},
    "L28 domain.xn--bckerei-5wa": [("active", ALL, {"renewable"}), ("quarantine", 0, {"renewable_by_fee"}), ("released", 30, set())],
}  # fmt: skip
ENDED = {"released", "deleted"}


def of(row: str, first: date) -> Facts:
    type_, _, tld = row.split()[1].partition(".")
    return Facts(type_, tld, first, noticed=first - days(60))


@pytest.mark.parametrize("first", EDGES, ids=str)
@pytest.mark.parametrize("row", ROWS)
def test_day_by_day(row: str, first: date) -> None:
    facts, phases = of(row, first), ROWS[row]
    kept = SHIPPED.of(facts.type, facts.tld).archive.days
    for offset in range(-40, 60 + 14 + 3):
        phase, start, can = [each for each in phases if each[1] <= offset][-1]
        found = evaluate(SHIPPED, facts, first + days(offset))
        if phase in ENDED and kept and offset >= start + kept:
            assert (found.phase, found.capabilities, found.next_at) == ("erased", frozenset(), None)
            continue
        assert found.phase == phase and can <= found.capabilities, offset
        later = [each[1] for each in phases if each[1] > offset] or ([start + kept] if kept else [])
        assert found.next_at == (first + days(later[0]) if later else None), offset


@pytest.mark.parametrize("row", [row for row in ROWS if "domain" not in row])
def test_what_is_suspended_is_off_with_all_that_is_in_it(row: str) -> None:
    for offset, works in ((-1, True), (0, False)):
        can = evaluate(SHIPPED, of(row, FIRST), FIRST + days(offset)).capabilities
        assert bool(can & HOUSE) == works
        assert "renewable" in can


@pytest.mark.parametrize("row", ROWS)
def test_it_can_be_saved_until_its_end_and_not_after_it(row: str) -> None:
    facts, end = of(row, FIRST), ROWS[row][-1][1]
    before, after = (evaluate(SHIPPED, facts, FIRST + days(day)) for day in (end - 1, end))
    assert {"renewable", "renewable_by_fee"} & before.capabilities
    assert not {"renewable", "renewable_by_fee"} & after.capabilities
    assert ("restorable" in after.capabilities) == (row.split(maxsplit=1)[0] in {"L14", "L15", "L19", "L20", "L21"})
    assert bool(before.fees) == ("renewable_by_fee" in before.capabilities)


@pytest.mark.parametrize(("parent", "tld", "end"), [("hosting", "", 60), ("domain", "cz", 60), ("domain", "sk", 40)])
def test_l13_dns_is_served_and_locked_with_what_it_is_linked_to(parent: str, tld: str, end: int) -> None:
    facts = Facts(parent, tld, FIRST, noticed=FIRST)
    for offset, phase, can in (
        (-1, "active", {"dns_served", "edit"}), (0, "locked", {"dns_served"}), (end - 1, "locked", {"dns_served"}),
        (end, "deleted", {"restorable"}),
    ):  # fmt: skip
        on = FIRST + days(offset)
        found = evaluate(SHIPPED, Facts("dns", parent=evaluate(SHIPPED, facts, on)), on)
        assert (found.phase, found.capabilities) == (phase, can), offset


def test_l14_mail_in_hosting_follows_its_60_days_and_a_package_its_14() -> None:
    on = FIRST + days(20)
    hosting = evaluate(SHIPPED, Facts("hosting", "", FIRST, noticed=FIRST), on)
    assert evaluate(SHIPPED, Facts("hosting_mail", parent=hosting), on).phase == "suspended"
    assert evaluate(SHIPPED, Facts("mail", "", FIRST, noticed=FIRST), on).phase == "deleted"
