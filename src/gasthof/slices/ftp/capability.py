"""The sign on the door of ftp."""

from gasthof.kernel.capability import OWNERS, Capability
from gasthof.slices.ftp import actions, queries
from gasthof.slices.ftp.apply import apply

CAPABILITY = Capability(
    "ftp",
    permissions={"ftp.write": OWNERS, "ftp.read": OWNERS},
    roles={"webmaster": frozenset({"ftp.read", "ftp.write"}), "read only": frozenset({"ftp.read"})},
    subscription_suspended=actions.tell_all,
    subscription_resumed=actions.tell_all,
    subscription_removed=actions.remove_all,
    dns_records=queries.records,
    health=queries.health,
    export=queries.export,
    restore=actions.restore,
    apply=apply,
)
