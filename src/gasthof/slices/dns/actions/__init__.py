"""Every write of the dns slice; importing it registers the verbs."""

from gasthof.slices.dns.actions import former, hooks, moving, records, zones
from gasthof.slices.dns.actions.told import refresh_zone

__all__ = ["former", "hooks", "moving", "records", "refresh_zone", "zones"]
