"""Which proforma a booking pays. Pure, and linear in bookings and proformas: all comparisons go through indexes.

Two independent marks decide (variable symbol, amount, IBAN, name); fewer are proposed to staff, and nothing is guessed.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from gasthof.slices.billing.rules import references
from gasthof.slices.billing.rules.booking import Booking

FEW = 20  # candidates of one mark; more say nothing about which is meant
PROPOSED = 5
WEIGHTS = {"symbol": 50, "iban": 30, "amount": 25, "name": 15, "similar symbol": 10}


class Outcome(StrEnum):
    EXACT = "exact"
    OVERPAID = "overpaid"  # the rest is the customer's credit
    UNDERPAID = "underpaid"  # credit; the proforma stays open
    TWICE = "paid twice"  # credit
    CANCELLED = "cancelled"  # unallocated credit and a case for support; renews nothing
    CURRENCY = "other currency"  # credit in that currency, and a case
    UNKNOWN = "unknown"  # proposals to staff
    REVERSAL = "reversal"  # a payment was taken back: a case
    OUTGOING = "outgoing"  # the house's own payment


@dataclass(frozen=True)
class Proforma:
    """As far as matching needs it. Amounts in minor units; `received`: what was allocated to it before."""

    key: int
    customer: int
    symbol: str
    total: int
    currency: str
    state: str = "open"  # open, paid, cancelled, expired
    received: int = 0

    @property
    def missing(self) -> int:
        return self.total - self.received


@dataclass(frozen=True)
class Payer:
    """What is known of a customer: their name, and the IBANs that they have paid from."""

    customer: int
    name: str
    ibans: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Proposal:
    proforma: int
    score: int
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Decision:
    """`allocated` + `credit` is the payment; both are 0 where nobody's payment is decided."""

    booking: Booking
    outcome: Outcome
    proforma: int | None = None
    customer: int | None = None
    allocated: int = 0
    credit: int = 0
    missing: int = 0  # of the proforma, afterwards
    reasons: tuple[str, ...] = ()
    proposals: tuple[Proposal, ...] = ()


def match(bookings: Iterable[Booking], proformas: Iterable[Proforma], payers: Iterable[Payer]) -> list[Decision]:
    """A decision for each booking, in their order; earlier ones count for later ones. `proformas`: all open ones, and those of
    other states that a booking may name."""
    index = _Index(payers)
    for each in proformas:
        index.add(each)
    return [index.decide(each) for each in bookings]


def paid_for(booking: Booking, proforma: Proforma, marks: tuple[str, ...] = ("symbol",)) -> Decision:
    """What becomes of a payment whose proforma is known."""

    def decision(outcome: Outcome, allocated: int = 0, missing: int = 0) -> Decision:
        return Decision(
            booking, outcome, proforma.key, proforma.customer, allocated, booking.units - allocated, missing, marks
        )

    if booking.currency != proforma.currency:
        return decision(Outcome.CURRENCY, missing=proforma.missing)
    if proforma.state == "paid":
        return decision(Outcome.TWICE)
    if proforma.state != "open":
        return decision(Outcome.CANCELLED)
    allocated = min(booking.units, proforma.missing)
    missing, over = proforma.missing - allocated, booking.units - allocated
    outcome = Outcome.UNDERPAID if missing else Outcome.OVERPAID if over else Outcome.EXACT
    return decision(outcome, allocated, missing)


def taken_back(booking: Booking, proforma: Proforma) -> Decision:
    """Of a payment whose proforma is known. `booking`: with negative units."""
    return Decision(
        booking, Outcome.REVERSAL, proforma.key, proforma.customer, credit=booking.units, reasons=("symbol",)
    )


@dataclass
class _Index:
    payers: Iterable[Payer]
    by_key: dict[int, Proforma] = field(default_factory=dict)
    by_symbol: dict[str, int] = field(default_factory=dict)
    by_amount: dict[tuple[str, int], set[int]] = field(default_factory=lambda: defaultdict(set))
    by_customer: dict[int, set[int]] = field(default_factory=lambda: defaultdict(set))
    by_iban: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    by_word: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    words: dict[int, frozenset[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for payer in self.payers:
            self.words[payer.customer] = references.words(payer.name)
            for word in self.words[payer.customer]:
                self.by_word[word].add(payer.customer)
            for iban in payer.ibans:
                self.by_iban[iban].add(payer.customer)

    def add(self, proforma: Proforma) -> None:
        self.by_key[proforma.key] = proforma
        self.by_symbol[proforma.symbol] = proforma.key
        if proforma.state == "open":
            self.by_amount[proforma.currency, proforma.missing].add(proforma.key)
            self.by_customer[proforma.customer].add(proforma.key)

    def settle(self, proforma: Proforma, amount: int) -> None:
        """What later bookings of the same run find."""
        self.by_amount[proforma.currency, proforma.missing].discard(proforma.key)
        self.by_customer[proforma.customer].discard(proforma.key)
        state = "paid" if amount == proforma.missing else "open"
        self.add(replace(proforma, received=proforma.received + amount, state=state))

    def decide(self, booking: Booking) -> Decision:
        if booking.reversal:
            return self._reversal(booking)
        if booking.units <= 0:
            return Decision(booking, Outcome.OUTGOING)
        found = {key: self._marks(booking, self.by_key[key]) for key in self._named(booking)}
        sure = [key for key, marks in found.items() if "symbol" in marks and len(marks) > 1]
        sure = sure or self._only_one_of_theirs(booking)
        if len(sure) != 1:
            return Decision(booking, Outcome.UNKNOWN, proposals=self._proposals(booking, found))
        chosen = self.by_key[sure[0]]
        return self._paid(booking, chosen, self._marks(booking, chosen))

    def _reversal(self, booking: Booking) -> Decision:
        """Whose payment was taken back, if that is as sure as for a payment; the amount is looked up in what was paid."""
        named = [self.by_key[key] for key in self._named(booking)]
        sure = [each for each in named if booking.units == -each.total or self._who(booking, each.customer)]
        if len(sure) != 1 or booking.units >= 0:
            return Decision(booking, Outcome.REVERSAL)
        if sure[0].state == "open" and sure[0].received >= -booking.units:
            self.settle(sure[0], booking.units)
        return taken_back(booking, sure[0])

    def _paid(self, booking: Booking, proforma: Proforma, marks: tuple[str, ...]) -> Decision:
        decision = paid_for(booking, proforma, marks)
        if decision.allocated:
            self.settle(proforma, decision.allocated)
        return decision

    def _named(self, booking: Booking) -> list[int]:
        """Proformas whose symbol stands in the booking: as such, or as some number in its texts."""
        return [self.by_symbol[number] for number in _numbers(booking) if number in self.by_symbol]

    def _marks(self, booking: Booking, proforma: Proforma) -> tuple[str, ...]:
        marks = ["symbol"] if proforma.symbol in _numbers(booking) else []
        due = proforma.missing if proforma.state == "open" else proforma.total
        if (booking.currency, booking.units) == (proforma.currency, due):
            marks.append("amount")
        return (*marks, *self._who(booking, proforma.customer))

    def _who(self, booking: Booking, customer: int) -> tuple[str, ...]:
        """By which of IBAN and name the customer is the other party."""
        iban = bool(booking.iban) and self.by_iban.get(booking.iban) == {customer}
        name = references.same_name(references.words(booking.name), self.words.get(customer, frozenset()))
        return tuple(mark for mark, found in (("iban", iban), ("name", name)) if found)

    def _only_one_of_theirs(self, booking: Booking) -> list[int]:
        """Without any number that may be a symbol: the one open proforma of that amount of the one customer with that IBAN."""
        if _numbers(booking):
            return []
        customers = self.by_iban.get(booking.iban, set()) if booking.iban else set()
        if len(customers) != 1:
            return []
        theirs = self.by_customer.get(next(iter(customers)), set())
        found = [
            key
            for key in theirs
            if self.by_key[key].missing == booking.units and self.by_key[key].currency == booking.currency
        ]
        return found if len(found) == 1 else []

    def _proposals(self, booking: Booking, named: dict[int, tuple[str, ...]]) -> tuple[Proposal, ...]:
        """The most likely open proformas, the likeliest first."""
        scored = []
        similar = set(self._similar(booking))
        for key in {*named, *self._candidates(booking), *similar}:
            proforma = self.by_key[key]
            if proforma.state == "open":
                marks = (*self._marks(booking, proforma), *(("similar symbol",) if key in similar else ()))
                scored.append(Proposal(key, sum(WEIGHTS[mark] for mark in marks), marks))
        return tuple(sorted(scored, key=lambda each: (-each.score, each.proforma))[:PROPOSED])

    def _candidates(self, booking: Booking) -> Iterator[int]:
        """By one mark each, where it leaves few."""
        customers = set(self.by_iban.get(booking.iban, ())) if booking.iban else set[int]()
        words = [self.by_word.get(word, set()) for word in references.words(booking.name)]
        rare = min((each for each in words if each), key=len, default=set[int]())
        customers |= rare if len(rare) <= FEW else set()
        for customer in _few(customers):
            yield from _few(self.by_customer.get(customer, set()))
        yield from _few(self.by_amount.get((booking.currency, booking.units), set()))

    def _similar(self, booking: Booking) -> Iterator[int]:
        """Symbols with one other digit, or two digits in the wrong order, and the right amount."""
        for number in references.numbers(booking.symbol, booking.end_to_end, booking.text)[:3]:
            for changed in _slips(number):
                key = self.by_symbol.get(changed)
                if key is not None and "amount" in self._marks(booking, self.by_key[key]):
                    yield key


def _numbers(booking: Booking) -> list[str]:
    """What may be a symbol: the one that is called so, else any number in its texts."""
    return [booking.symbol] if booking.symbol else references.numbers(booking.end_to_end, booking.text)


def _few(keys: set[int]) -> Sequence[int]:
    return sorted(keys) if len(keys) <= FEW else ()


def _slips(number: str) -> Iterator[str]:
    for place, digit in enumerate(number):
        for other in "0123456789":
            if other != digit:
                yield number[:place] + other + number[place + 1 :]
        if place:
            yield number[: place - 1] + digit + number[place - 1] + number[place + 1 :]
