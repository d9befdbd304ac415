"""When a sweep must stop and ask a person. Pure."""

from collections.abc import Sequence
from datetime import date
from statistics import median

LONGEST_OUTAGE = 31  # days; more is a clock that jumped
USUAL_DAYS = 30  # days that say what is usual
FEW = 20  # ends in a day that nobody needs to be asked about
FACTOR = 5

RESTORED, BACKWARDS, JUMP, STORM = "restored_database", "clock_backwards", "clock_jump", "many_ends"


def halt(last: date | None, today: date, witness: date | None) -> str:
    """Why nothing at all may be done; "" for no reason. `last`: the day of the last sweep that was done; `witness`: the same as
    remembered outside of the database."""
    if witness is not None and (last is None or last < witness):
        return RESTORED
    if last is not None and today < last:
        return BACKWARDS
    return JUMP if last is not None and (today - last).days > LONGEST_OUTAGE else ""


def storm(ends: int, former: Sequence[int], missed: int) -> str:
    """Why nothing may end, while all else goes on; "" for no reason. `ends`: services that would end, or have that day; `former`: how
    many ended on each of the last days; `missed`: days since the last sweep."""
    usual = median(former) if former else 0
    return STORM if ends > max(FEW, FACTOR * usual) * max(missed, 1) else ""
