"""Every write of the web slice; importing it registers the verbs."""

from gasthof.slices.web.actions import hooks, moving, protection, sites

__all__ = ["hooks", "moving", "protection", "sites"]
