"""Small statements of our own, in both formats."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

OWN = "DE89370400440532013000"
BAKER, GARDENER = "DE02120300000000202051", "AT611904300234573201"
CAMT = "urn:iso:std:iso:20022:tech:xsd:camt.053.001."


@dataclass(frozen=True)
class Line:
    cents: int
    text: str = ""
    name: str = "Bäckerei Müller"
    iban: str = BAKER
    end_to_end: str = ""
    bank_id: str = ""
    reversal: bool = False
    day: date = date(2026, 11, 27)


def comma(cents: int) -> str:
    return f"{abs(cents) // 100},{abs(cents) % 100:02d}"


def mt940(lines: Sequence[Line], opening: int = 100_000, *, currency: str = "EUR", number: str = "00012/001") -> str:
    closing = opening + sum(line.cents for line in lines)
    body = "".join(_mt940_line(line) for line in lines)
    return (
        f":20:STARTUMS\r\n:25:{OWN}\r\n:28C:{number}\r\n:60F:{_mark(opening)}261126{currency}{comma(opening)}\r\n{body}"
        f":62F:{_mark(closing)}261127{currency}{comma(closing)}\r\n-\r\n"
    )


def _mark(cents: int) -> str:
    return "C" if cents >= 0 else "D"


def _mt940_line(line: Line) -> str:
    mark = {(True, False): "C", (False, False): "D", (True, True): "RD", (False, True): "RC"}[
        line.cents >= 0, line.reversal
    ]
    bank = f"//{line.bank_id}" if line.bank_id else ""
    purpose = f"EREF+{line.end_to_end}SVWZ+{line.text}" if line.end_to_end else f"SVWZ+{line.text}"
    parts = [purpose[at : at + 27] for at in range(0, len(purpose), 27)]
    told = "".join(f"?{20 + number}{part}" for number, part in enumerate(parts))
    return (
        f":61:{line.day:%y%m%d}{line.day:%m%d}{mark}{comma(line.cents)}NTRFNONREF{bank}\r\n"
        f":86:166?00GUTSCHRIFT{told}?30BYLADEM1001?31{line.iban}?32{line.name[:27]}\r\n"
    )


def camt(
    lines: Sequence[Line], opening: int = 100_000, *, version: str = "08", currency: str = "EUR", entries: str = ""
) -> str:
    closing = opening + sum(line.cents for line in lines)
    body = entries or "".join(_entry(line, version, currency) for line in lines)
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><Document xmlns="{CAMT}{version}"><BkToCstmrStmt><Stmt><Id>S1</Id>'
        f"<Acct><Id><IBAN>{OWN}</IBAN></Id></Acct>{_balance('OPBD', opening, currency)}{_balance('CLBD', closing, currency)}"
        f"{body}</Stmt></BkToCstmrStmt></Document>"
    )


def _balance(code: str, cents: int, currency: str) -> str:
    return f"<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp>{amount(cents, currency)}<Dt><Dt>2026-11-27</Dt></Dt></Bal>"


def amount(cents: int, currency: str = "EUR") -> str:
    side = "CRDT" if cents >= 0 else "DBIT"
    return f'<Amt Ccy="{currency}">{comma(cents).replace(",", ".")}</Amt><CdtDbtInd>{side}</CdtDbtInd>'


def _entry(line: Line, version: str, currency: str) -> str:
    status = "<Sts><Cd>BOOK</Cd></Sts>" if version >= "08" else "<Sts>BOOK</Sts>"
    reversal = "<RvslInd>true</RvslInd>" if line.reversal else ""
    return (
        f"<Ntry>{amount(line.cents, currency)}{reversal}{status}<BookgDt><Dt>{line.day}</Dt></BookgDt><ValDt><Dt>{line.day}</Dt></ValDt>"
        f"<AcctSvcrRef>{line.bank_id}</AcctSvcrRef><NtryDtls>{details(line, version)}</NtryDtls></Ntry>"
    )


def details(line: Line, version: str = "08", said: str = "") -> str:
    side = "Dbtr" if (line.cents >= 0) != line.reversal else "Cdtr"
    name = f"<Pty><Nm>{line.name}</Nm></Pty>" if version >= "08" else f"<Nm>{line.name}</Nm>"
    return (
        f"<TxDtls><Refs><EndToEndId>{line.end_to_end or 'NOTPROVIDED'}</EndToEndId></Refs>{said}<RltdPties><{side}>{name}</{side}>"
        f"<{side}Acct><Id><IBAN>{line.iban}</IBAN></Id></{side}Acct></RltdPties><RmtInf><Ustrd>{line.text}</Ustrd></RmtInf></TxDtls>"
    )
