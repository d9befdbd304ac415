"""The sign on the door of billing."""

from gasthof.kernel.capability import Capability

CAPABILITY = Capability("billing")
