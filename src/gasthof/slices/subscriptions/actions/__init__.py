"""Every write of the subscriptions slice; importing it registers the verbs."""

from gasthof.slices.subscriptions.actions import exports, places, plans, state

__all__ = ["exports", "places", "plans", "state"]
