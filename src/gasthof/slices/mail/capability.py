"""The sign on the door of mail."""

from gasthof.kernel.capability import OPERATORS, OWNERS, Capability, Page
from gasthof.slices.mail import queries
from gasthof.slices.mail.actions import hooks, moving
from gasthof.slices.mail.apply import apply
from gasthof.slices.mail.cards import count

CAPABILITY = Capability(
    "mail",
    permissions={"mail.write": OWNERS, "mail.read": OWNERS, "mail.lock": OPERATORS},
    titles={"mail.read": "See mailboxes", "mail.write": "Change mailboxes"},
    roles={"mail administrator": frozenset({"mail.read", "mail.write"}), "read only": frozenset({"mail.read"})},
    pages=(
        Page("Mail", "mail:domain", "mail.read", "domain", "mail"),
        Page("Mailboxes", "mail:subscription", "mail.read", "subscription", "mail"),
    ),
    cards={"mail.read": count},
    domain_added=hooks.make_mail,
    domain_removed=hooks.remove_mail,
    subscription_suspended=hooks.tell_all,
    subscription_resumed=hooks.tell_all,
    keeps=queries.keeps,
    dns_records=queries.records,
    glances=queries.glances,
    usage=queries.usage,
    health=queries.health,
    export=moving.export,
    restore=moving.restore,
    apply=apply,
)
