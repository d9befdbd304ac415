"""From a moment to the house's day. Pure."""

from datetime import date, datetime
from zoneinfo import ZoneInfo


def day_of(moment: datetime, zone: str) -> date:
    """The day that it is in the house at that moment, which is aware: where clocks are set days have 23 or 25 hours, and stay days."""
    return moment.astimezone(ZoneInfo(zone)).date()
