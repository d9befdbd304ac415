"""What a registry is asked, and what it answers: the interface that each registry's driver implements.

The words are those of EPP (RFC 5730 to 5733, and RFC 3915 for what follows a deletion). Registries with another protocol (DENIC's
RRI) have the same orders under other names. Requests are values, so that the journal can keep them as they were asked.
"""

from datetime import date
from typing import Literal, Protocol

import msgspec

State = Literal["done", "pending", "unknown", "refused"]


class Contacts(msgspec.Struct, frozen=True):
    """Handles of contacts at the registry (RFC 5733); "" where a registry knows no such role."""

    holder: str
    admin: str = ""
    tech: str = ""


class Check(msgspec.Struct, frozen=True, tag="check"):
    """Whether the name is free (RFC 5731 section 3.1.1)."""

    name: str  # A-labels, as in all requests


class Info(msgspec.Struct, frozen=True, tag="info"):
    """What the registry knows of the name (RFC 5731 section 3.1.2)."""

    name: str


class Create(msgspec.Struct, frozen=True, tag="create"):
    """Register it (RFC 5731 section 3.2.1)."""

    name: str
    years: int
    contacts: Contacts


class Renew(msgspec.Struct, frozen=True, tag="renew"):
    """Add years to the date on which it ends. The date that it has now goes along: a registry refuses a second request, since it
    names a date that is no longer the current one (curExpDate, RFC 5731 section 3.2.3)."""

    name: str
    ends: date
    years: int


class Transfer(msgspec.Struct, frozen=True, tag="transfer"):
    """Take it over from another registrar, with its authorisation code (RFC 5731 section 3.2.4)."""

    name: str
    code: str

    def __repr__(self) -> str:
        return f"Transfer({self.name!r}, …)"


class Update(msgspec.Struct, frozen=True, tag="update"):
    """Set what is given, to exactly that; so it may be asked again (RFC 5731 section 3.2.5). `locked` is clientTransferProhibited."""

    name: str
    contacts: Contacts | None = None
    locked: bool | None = None
    code: str = ""  # a new authorisation code; "": the old one stays

    def __repr__(self) -> str:
        return f"Update({self.name!r}, {self.contacts!r}, {self.locked!r}, …)"


class Cancel(msgspec.Struct, frozen=True, tag="cancel"):
    """Delete it, as its holder wishes (RFC 5731 section 3.2.2; RRI's DELETE). `consent` says where that is recorded."""

    name: str
    consent: str


class Release(msgspec.Struct, frozen=True, tag="release"):
    """Give it back to the registry, which goes on with its holder directly: DENIC's TRANSIT, nic.at's billwithdraw. It is what an
    unpaid .de or .at comes to, since only its holder may have it deleted (spec/service-lifecycle.md, L24 and L25)."""

    name: str


class RestoreQuote(msgspec.Struct, frozen=True, tag="restore_quote"):
    """What it costs to have it back. Changes nothing."""

    name: str


class Restore(msgspec.Struct, frozen=True, tag="restore"):
    """Have it back after a deletion (RFC 3915 section 4.2.5, op "request")."""

    name: str


class RestoreReport(msgspec.Struct, frozen=True, tag="restore_report"):
    """Why it was to be restored: some registries undo a restoration that no report follows (RFC 3915 section 4.2.5, op "report")."""

    name: str
    reason: str


class Poll(msgspec.Struct, frozen=True, tag="poll"):
    """The oldest message that waits for us (RFC 5730 section 2.9.2.3). It stays until it is acknowledged, so it may come twice."""


class Acknowledge(msgspec.Struct, frozen=True, tag="acknowledge"):
    """That message has been kept here."""

    message: str


Asked = Check | Info | Create | Renew | Transfer | Update | Cancel | Release | RestoreQuote | Restore | RestoreReport
Request = Asked | Poll | Acknowledge


class Held(msgspec.Struct, frozen=True):
    """A name as its registry has it. `ours`: this house is its registrar."""

    name: str
    ends: date
    statuses: tuple[str, ...]  # the registry's own words
    ours: bool
    contacts: Contacts


class Message(msgspec.Struct, frozen=True):
    """What a registry tells without being asked: how a request ended that was pending (RFC 5731 section 3.3)."""

    number: str  # the registry's, the same each time it is delivered
    operation: str  # our id of the request; "": it is about none of ours
    name: str
    done: bool
    words: str


class Answer(msgspec.Struct, frozen=True):
    """`pending`: the registry has it and will tell by poll. `unknown`: nobody can say whether it was done; asking again blindly
    could do it twice. `words` are the registry's own."""

    state: State
    words: str = ""
    held: Held | None = None  # to Info, Create, Renew, Transfer, Restore; None to a done Info: there is no such name
    free: bool | None = None  # to Check
    cents: int | None = None  # to RestoreQuote, euros
    message: Message | None = None  # to Poll; None: none waits


class Driver(Protocol):
    def send(self, operation: str, request: Request) -> Answer:
        """Ask the registry once. `operation` is our id of it (clTRID, RFC 5730 section 2.5): 3 to 64 signs, never used for another.

        Raises nothing for what registries and lines do: a lost answer is `unknown`. Ends within a minute.
        """
        ...
