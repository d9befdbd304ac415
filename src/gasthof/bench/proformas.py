"""Open proformas for a benchmark, statements that pay them, and the loop over bookings that a statement is measured against."""

import time
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django.db import connection, transaction

from gasthof.bootstrap.postgres import DATABASE
from gasthof.bootstrap.programs import cluster
from gasthof.kernel.actions import SYSTEM_CLOCKS
from gasthof.prefix import Prefix
from gasthof.slices.billing import books, settling
from gasthof.slices.billing.actions import FIRST_NUMBER
from gasthof.slices.billing.models import BankBooking, Proforma, Statement
from gasthof.slices.billing.rules import matching
from gasthof.slices.billing.rules.booking import Booking

CUSTOMERS = 20_000
NET, VAT = 10_000, 1_900  # minor units, as a year of hosting; many have the same amount
IBAN = "DE89370400440532013000"
DAY = date(2026, 11, 27)
FILL = """
WITH customers AS (
    INSERT INTO accounts_customer (name, language, created, resells)
    SELECT 'Köchin ' || n || ' Grüße', 'de', %(now)s, false FROM generate_series(1, %(customers)s) n RETURNING number
), numbered AS (SELECT array_agg(number) AS numbers FROM customers), proformas AS (
    INSERT INTO billing_proforma (number, customer_id, addressee, state, currency, net, vat, received, issued, valid_until)
    SELECT %(first)s + n, numbers[1 + n %% %(customers)s], '', 'open', 'EUR', %(net)s + 100 * (n %% 40), %(vat)s + 19 * (n %% 40), 0, %(now)s, '2999-12-31'
    FROM numbered, generate_series(0, %(count)s - 1) n RETURNING number, net, vat
)
INSERT INTO billing_proformaline (proforma_id, position, service, title, net, vat, category, rate, valid_from, valid_until)
SELECT number, 1, 'bench:' || number, 'Webhosting küche-' || number || '.test', net, vat, 'standard', 1900, '2026-12-01', '2027-11-30' FROM proformas"""


def fill(prefix: Prefix, count: int) -> Sequence[int]:
    """Numbers of so many new open proformas. PostgreSQL is told what there is, as it would know."""
    with transaction.atomic():
        numbers = books.take("proformas", count, first=FIRST_NUMBER)
        values: dict[str, Any] = {
            "now": SYSTEM_CLOCKS.business.now(), "customers": min(CUSTOMERS, count), "first": numbers[0], "count": count, "net": NET, "vat": VAT,
        }  # fmt: skip
        with connection.cursor() as cursor:
            cursor.execute(FILL, values)
    cluster(prefix).psql("VACUUM ANALYZE", DATABASE)
    return numbers


def statement(numbers: Sequence[int], name: str) -> str:
    """CAMT.053, which takes longer to read than MT940. Of a hundred payments two are too high, two too low, one has a slip in its
    number and one names none."""
    rows = Proforma.objects.filter(pk__in=numbers).order_by("pk").values_list("pk", "net", "vat", "customer__name")
    made = [_entry(nth, number, net + vat, payer, name) for nth, (number, net, vat, payer) in enumerate(rows)]
    total = sum(cents for cents, _ in made)
    body = "".join(entry for _, entry in made)
    return (
        '<?xml version="1.0" encoding="UTF-8"?><Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt><Stmt>'
        f"<Id>{name}</Id><Acct><Id><IBAN>{IBAN}</IBAN></Id></Acct>{_balance('OPBD', 0)}{_balance('CLBD', total)}{body}</Stmt></BkToCstmrStmt></Document>"
    )


def _entry(nth: int, number: int, cents: int, payer: str, name: str) -> tuple[int, str]:
    purposes = {4: "Danke", 5: f"VS:{str(number)[:-2]}{str(number)[:-3:-1]}"}
    paid = cents + {0: 1_000, 1: 1_000, 2: -1_000, 3: -1_000}.get(nth % 100, 0)
    text = purposes.get(nth % 100, f"VS:{number} Webhosting")
    return paid, (
        f"<Ntry>{_amount(paid)}<Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>{DAY}</Dt></BookgDt><ValDt><Dt>{DAY}</Dt></ValDt><AcctSvcrRef>{name}-{nth}</AcctSvcrRef>"
        f"<NtryDtls><TxDtls><RltdPties><Dbtr><Pty><Nm>{payer}</Nm></Pty></Dbtr></RltdPties><RmtInf><Ustrd>{text}</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>"
    )


def _balance(code: str, cents: int) -> str:
    return f"<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp>{_amount(cents)}<Dt><Dt>{DAY}</Dt></Dt></Bal>"


def _amount(cents: int) -> str:
    return f'<Amt Ccy="EUR">{cents // 100}.{cents % 100:02d}</Amt><CdtDbtInd>CRDT</CdtDbtInd>'


def loop(numbers: Sequence[int]) -> list[float]:
    """Seconds of each booking as billing systems take them: one after the other, each in a transaction of its own."""
    now = SYSTEM_CLOCKS.business.now()
    of = Statement.objects.create(account=IBAN, name="loop", currency="EUR", opening=0, closing=0, digest=f"loop {numbers[0]}", uploaded=now)  # fmt: skip
    return [_one(of, number, now) for number in numbers]


def _one(of: Statement, number: int, now: datetime) -> float:
    start = time.perf_counter()
    with transaction.atomic():
        books.hold()
        row = Proforma.objects.select_related("customer").select_for_update(of=("self",)).get(pk=number)
        said = Booking(
            IBAN, DAY, DAY, row.total, row.currency, row.customer.name, symbol=str(number), text=f"VS:{number}"
        )
        known = matching.Proforma(number, row.customer_id, str(number), row.total, row.currency)
        (decision,) = matching.match([said], [known], [matching.Payer(row.customer_id, row.customer.name)])
        booking = BankBooking.objects.create(
            statement=of, fingerprint=f"loop {number}", booked=DAY, value=DAY, units=said.units, currency=said.currency, name=said.name,
            symbol=said.symbol, text=said.text, reversal=False, outcome=decision.outcome,
        )  # fmt: skip
        settling.carry_out([(booking, decision)], now)
    return time.perf_counter() - start
