"""What is known of a service, and what follows from it for a day. Days are the house's business days."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from datetime import date

from gasthof.slices.lifecycle.rules.policy import (
    EDIT,
    ENDS,
    ERASED,
    MAIL_DELIVERED,
    SERVED,
    SIGN_IN,
    TRANSFER,
)  # fmt: skip

NON_PAYMENT, ABUSE, LEGAL, SECURITY, REGISTRY, STAFF, PARENT = (
    "non_payment", "abuse", "legal", "security", "registry", "staff", "parent",
)  # fmt: skip
HOLDS = (NON_PAYMENT, ABUSE, LEGAL, SECURITY, REGISTRY, STAFF, PARENT)
PUT = (ABUSE, LEGAL, SECURITY, REGISTRY, STAFF)  # the others follow: from time, and from the parent
TAKES = {
    ABUSE: frozenset((SERVED, MAIL_DELIVERED, EDIT, TRANSFER)),
    LEGAL: frozenset((SERVED, MAIL_DELIVERED, SIGN_IN, EDIT, TRANSFER)),
    SECURITY: frozenset((SERVED, SIGN_IN, TRANSFER)),  # a mailbox that sends spam goes on receiving
    REGISTRY: frozenset((EDIT, TRANSFER)),
    STAFF: frozenset((SERVED, MAIL_DELIVERED, EDIT, TRANSFER)),
}
AGAINST_TIME, AGAINST_ALL = 1, 2
DRIVEN = (SERVED, MAIL_DELIVERED, SIGN_IN, EDIT)  # what a machine is told of, a bit each (mask)
MAILS = {
    MAIL_DELIVERED: MAIL_DELIVERED,
    SIGN_IN: "mail_sign_in",
    EDIT: "mail_edit",
}  # as a subscription has them of its mail alone
CLOSING = tuple(kind for kind, taken in TAKES.items() if SERVED in taken)  # by the machine, too
KEEPS = {ABUSE: AGAINST_TIME, LEGAL: AGAINST_ALL}  # what is evidence is not deleted
LIFTED_BY = ("source", "staff", "mended", "fee")
MINOR, SERIOUS, SEVERE = 0, 1, 2  # severe: and evidently deliberate (spec L2)


def mask(taken: Collection[str]) -> int:
    """Those of DRIVEN as bits."""
    return sum(1 << bit for bit, each in enumerate(DRIVEN) if each in taken)


def withheld(can: Collection[str], taken: int) -> tuple[str, ...]:
    """Of DRIVEN, what a service may not do: what its phase lacks, and what a mask takes."""
    return tuple(each for bit, each in enumerate(DRIVEN) if each not in can or taken >> bit & 1)


def of_place(whole: Iterable[Collection[str]], mail: Iterable[Collection[str]]) -> tuple[str, ...]:
    """What a subscription may not do: all that one of the services which are all of it may not, and of its mail what a service that is
    its mail alone may not. The widest word alone: who can sign in to nothing cannot to mailboxes."""
    taken = frozenset[str]().union(*whole)
    parts = frozenset[str]().union(*mail)
    narrow = {MAILS[each] for each in parts if each in MAILS and each not in taken}
    return tuple(each for each in dict.fromkeys((*DRIVEN, *MAILS.values())) if each in taken | narrow)


@dataclass(frozen=True)
class Hold:
    """Something that closes a service whatever was paid; it is lifted in its own way, and by nothing else."""

    kind: str  # one of PUT
    source: str  # who or what put it, as the audit trail names actors
    case: str = ""
    severity: int = MINOR
    lifted_by: str = LIFTED_BY[0]


@dataclass(frozen=True)
class Termination:
    """A record, not a state: somebody who had the right to it wished for an end (L1), or decided it (L2)."""

    effective: date  # the first day without the service
    by: str
    authorised: str  # how: a second factor, a mailed code, two people
    revoked: date | None = None


@dataclass(frozen=True)
class Reason:
    """Why: a code of `explaining.SENTENCES`, and what stands in that sentence."""

    code: str
    values: tuple[tuple[str, object], ...] = ()


@dataclass(frozen=True)
class Decision:
    """What holds on a day. `taken` is what holds take, the parent's among them; `next_*` is what comes if nothing is done."""

    phase: str
    capabilities: frozenset[str]
    holds: tuple[str, ...] = ()  # kinds in force, in the order of HOLDS
    fees: tuple[str, ...] = ()  # keys of the policy's fees that opening costs beside the price
    next_at: date | None = None  # the first later day with another phase
    next_phase: str = ""
    ended_on: date | None = None
    taken: frozenset[str] = frozenset()
    explain: tuple[Reason, ...] = field(default=(), compare=False)

    @property
    def ended(self) -> bool:
        return self.phase in (*ENDS, ERASED)


@dataclass(frozen=True)
class Facts:
    type: str  # one of policy.TYPES
    tld: str = ""
    first_unpaid: date | None = None  # None: it costs nothing, or follows its parent
    registry: date | None = None  # the registry's own date, told and compared, never gone by
    holds: frozenset[Hold] = frozenset()
    termination: Termination | None = None
    parent: Decision | None = None  # on the same day
    ahead: tuple[tuple[date, Decision], ...] = ()  # the parent's further course: from which day on what holds of it
    noticed: date | None = None  # when the notice of deletion was delivered
    spared: int = 0  # days that time's end comes later, since the house was down
    ended: date | None = None  # when it was really ended: nothing revives it
    stands: date | None = (
        None  # the day on which it still does, though its end may have been due by then: the brake parks ends
    )

    def on(self, day: date) -> "Facts":
        """As they are on a later day: its parent stands where its course has brought it."""
        come = [decision for begins, decision in self.ahead if begins <= day]
        return replace(self, parent=come[-1]) if come else self

    @property
    def keeps(self) -> int:
        """How far holds keep its data: 0, AGAINST_TIME, AGAINST_ALL."""
        return max((KEEPS.get(hold.kind, 0) for hold in self.holds), default=0)

    @property
    def wished_end(self) -> date | None:
        """The termination's day, unless it was revoked or data must be kept against all."""
        wish = self.termination
        return wish.effective if wish and wish.revoked is None and self.keeps < AGAINST_ALL else None
