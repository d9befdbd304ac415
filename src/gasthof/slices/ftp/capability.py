"""The sign on the door of ftp."""

from gasthof.kernel.capability import OWNERS, Capability, Page
from gasthof.slices.ftp import actions, queries
from gasthof.slices.ftp.apply import apply

CAPABILITY = Capability(
    "ftp",
    permissions={"ftp.write": OWNERS, "ftp.read": OWNERS},
    titles={"ftp.read": "See FTP users", "ftp.write": "Change FTP users"},
    roles={"webmaster": frozenset({"ftp.read", "ftp.write"}), "read only": frozenset({"ftp.read"})},
    pages=(Page("FTP users", "ftp:users", "ftp.read", "subscription", "folder-up", whole=True),),
    subscription_suspended=actions.tell_all,
    subscription_resumed=actions.tell_all,
    subscription_removed=actions.remove_all,
    dns_records=queries.records,
    health=queries.health,
    export=queries.export,
    restore=actions.restore,
    apply=apply,
)
