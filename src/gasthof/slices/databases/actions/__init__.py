"""Every write of the databases slice; importing it registers the verbs."""

from gasthof.slices.databases.actions import databases, hooks, users

__all__ = ["databases", "hooks", "users"]
