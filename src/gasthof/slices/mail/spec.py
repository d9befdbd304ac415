"""What a node is told about mail (spec rows P16, P19). Pure data; the wire form is its JSON.

Addresses are "local@a-label" in lower case. A target is such an address or one elsewhere, its domain as A-labels.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Reserved:
    """An address that mail always reaches somebody by (RFC 2142): "postmaster", "abuse". No target: the operator."""

    local: str
    target: str | None = None


@dataclass(frozen=True)
class DomainSpec:
    """Kind "mail.domain", key: the domain's A-label."""

    name: str
    subscription: str  # system name, "s000012"
    uid: int  # numeric; gid is the same number
    active: bool = True  # no: mail for it is taken elsewhere; mailboxes can be read all the same
    suspended: bool = False  # mail is refused, and none is sent
    sign_in: bool | None = None  # whether mailboxes are open; None: unless it is suspended. Closed, they send nothing
    catch_all: str | None = None  # address that gets what no other takes
    reserved: tuple[Reserved, ...] = ()  # those that the customer has no address of that name for

    @property
    def closed(self) -> bool:
        """Nobody signs in to its mailboxes."""
        return self.suspended if self.sign_in is None else not self.sign_in


@dataclass(frozen=True)
class Vacation:
    """An out-of-office note: what is answered to whoever writes to one of the addresses meanwhile, once a week."""

    text: str  # lines end with "\n"
    addresses: tuple[str, ...]  # the mailbox' own, which it is answered from, and its aliases
    subject: str = ""  # none: "Auto:" and that of the mail
    since: str = ""  # UTC, "2026-12-23T23:00:00"; none: at once
    until: str = ""  # UTC, the first moment at which it is over; none: until it is switched off


@dataclass(frozen=True)
class MailboxSpec:
    """Kind "mail.mailbox", key: its address. A domain that is suspended closes its mailboxes."""

    address: str
    subscription: str
    uid: int
    folder: str  # "xn--.../info.17", below customers/SUBSCRIPTION/mail; no other mailbox ever has the same
    password: str  # as Dovecot reads it: "{ARGON2ID}$argon2id$..."
    quota_mb: int  # of 2**20 bytes
    forward_to: tuple[str, ...] = ()  # targets
    keep_copy: bool = True  # of what is forwarded
    vacation: Vacation | None = None
    locked: bool = False  # by the house: nobody signs in, nothing is sent from it; mail still comes in


@dataclass(frozen=True)
class AddressSpec:
    """Kind "mail.address", key: the address: an alias of a mailbox, or a forward."""

    address: str
    subscription: str
    targets: tuple[str, ...]
    senders: tuple[str, ...] = ()  # addresses of the mailboxes that may send in its name
