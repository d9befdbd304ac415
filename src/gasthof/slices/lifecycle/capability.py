"""The sign on the door of lifecycle."""

from gasthof.kernel.capability import Capability
from gasthof.slices.lifecycle.moving import export, let_go, restore

CAPABILITY = Capability("lifecycle", subscription_removed=let_go, export=export, restore=restore)
