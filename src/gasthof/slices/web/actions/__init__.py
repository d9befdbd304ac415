"""Every write of the web slice; importing it registers the verbs."""

from gasthof.slices.web.actions import hooks, protection, sites

__all__ = ["hooks", "protection", "sites"]
