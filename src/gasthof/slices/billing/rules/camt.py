"""CAMT.053 bank to customer statements (ISO 20022), versions 1 to 13 by namespace."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import cast
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from gasthof.kernel.refusal import Refused
from gasthof.slices.billing.rules import money, references
from gasthof.slices.billing.rules.booking import Booking, Statement

NAMESPACE = re.compile(r"\{urn:iso:std:iso:20022:tech:xsd:camt\.(\d{3})\.001\.(\d{2})\}Document")
SIGNS = {"CRDT": 1, "DBIT": -1}


def read(content: bytes) -> list[Statement]:
    """All statements of a file, unchecked. Raises Refused with the line or the element."""
    root = _root(content)
    found = NAMESPACE.fullmatch(root.tag)
    if not found:
        raise Refused("This XML file is no bank statement (CAMT.053).")
    if found[1] != "053":
        raise Refused("This is CAMT.%(number)s, an interim report or a notification. Please upload the statement (CAMT.053).", number=found[1])  # fmt: skip
    _plain(root)
    statements = root.findall("BkToCstmrStmt/Stmt")
    if not statements:
        raise Refused("Element %(element)s is missing.", element="BkToCstmrStmt/Stmt")
    return [_statement(each, f"Stmt[{number}]") for number, each in enumerate(statements, 1)]


def _root(content: bytes) -> Element:
    """No document type, no entity, nothing from outside."""
    try:
        return cast(Element, fromstring(content, forbid_dtd=True))
    except ParseError as error:
        raise Refused("Line %(line)d: this is not well-formed XML.", line=error.position[0]) from error
    except (DefusedXmlException, LookupError, ValueError) as error:
        raise Refused("This XML file declares entities or an unknown encoding, as no bank does.") from error


def _plain(root: Element) -> None:
    """Names without their namespace: it has done its duty."""
    for each in root.iter():
        each.tag = each.tag.rpartition("}")[2]


def _text(node: Element, *paths: str) -> str:
    """Of the first path that has some."""
    return next((text for path in paths if (text := " ".join((node.findtext(path) or "").split()))), "")


def _needed(node: Element, where: str, *paths: str) -> str:
    if not (text := _text(node, *paths)):
        raise Refused("Element %(element)s is missing.", element=f"{where}/{paths[0]}")
    return text


def _refused(where: str, text: str) -> Refused:
    return Refused("Element %(element)s: “%(text)s” cannot be read.", element=where, text=text[:40])


def _statement(node: Element, where: str) -> Statement:
    account = _needed(node, where, "Acct/Id/IBAN", "Acct/Id/Othr/Id", "Acct/Id/PrtryAcct/Id")
    opening, closing = _balance(node, where, "OPBD", "PRCD"), _balance(node, where, "CLBD")
    currency = opening.currency
    if closing.currency != currency:
        raise _refused(f"{where}/Bal CLBD", str(closing))
    entries = node.findall("Ntry")
    bookings = [
        booking
        for number, entry in enumerate(entries, 1)
        for booking in _bookings(entry, account, currency, f"{where}/Ntry[{number}]")
    ]
    return Statement(
        account, _text(node, "ElctrncSeqNb", "Id"), currency, opening.units, closing.units, tuple(bookings), f"{where}/Bal CLBD",
    )  # fmt: skip


def _balance(node: Element, where: str, *codes: str) -> money.Money:
    for code in codes:
        found = [each for each in node.findall("Bal") if _text(each, "Tp/CdOrPrtry/Cd") == code]
        if found:
            return _amount(found[0], f"{where}/Bal {code}")
    raise Refused("Element %(element)s is missing.", element=f"{where}/Bal {codes[0]}")


def _amount(node: Element, where: str, path: str = "Amt", sign: str = "") -> money.Money:
    """With the sign that CdtDbtInd gives it."""
    text, found = _needed(node, where, path), node.find(path)
    code = found.get("Ccy", "") if found is not None else ""
    side = _text(node, "CdtDbtInd") or sign
    try:
        units = money.units(text, money.currency(code))
    except Refused as error:
        raise _refused(f"{where}/{path}", f"{text} {code}") from error
    if side not in SIGNS:
        raise _refused(f"{where}/CdtDbtInd", side)
    return money.Money(SIGNS[side] * units, code)


def _bookings(entry: Element, account: str, currency: str, where: str) -> Iterator[Booking]:
    """One for each transaction of a batch whose parts add up to it, charges aside; else one for the whole entry."""
    if _text(entry, "Sts/Cd", "Sts") not in {"BOOK", ""}:
        return  # pending or for information: it comes again once it is booked
    whole = _amount(entry, where)
    if whole.currency != currency:
        raise _refused(f"{where}/Amt", str(whole))
    days = _day(entry, where, "BookgDt"), _day(entry, where, "ValDt", "BookgDt")
    parts = entry.findall("NtryDtls/TxDtls")
    amounts = [_part(each, where, whole) for each in parts]
    if len(parts) > 1 and None not in amounts and sum(cast(list[int], amounts)) == whole.units:
        for each, amount in zip(parts, cast(list[int], amounts), strict=True):
            yield _booking(entry, each, Booking(account, *days, amount, currency))
    else:
        yield _booking(entry, parts[0] if len(parts) == 1 else entry, Booking(account, *days, whole.units, currency))


def _part(node: Element, where: str, whole: money.Money) -> int | None:
    """Minor units of a transaction in the account's currency; None where the bank does not say them."""
    side = "CRDT" if whole.units >= 0 else "DBIT"
    for path in ("Amt", "AmtDtls/TxAmt/Amt", "AmtDtls/InstdAmt/Amt"):
        if node.find(path) is not None:
            found = _amount(node, f"{where}/NtryDtls/TxDtls", path, side)
            if found.currency == whole.currency:
                return found.units - _charges(node, whole.currency)
    return None


def _charges(node: Element, currency: str) -> int:
    """Minor units that the bank kept of it and does not count in the amount."""
    kept = 0
    for each in [*node.findall("Chrgs/Rcrd"), *node.findall("Chrgs")]:
        amount = each.find("Amt")
        if amount is not None and amount.get("Ccy") == currency and _text(each, "ChrgInclInd") == "false":
            kept += money.units(amount.text or "0", currency)
    return kept


def _day(node: Element, where: str, *names: str) -> date:
    text = _needed(node, where, *(f"{name}/{kind}" for name in names for kind in ("Dt", "DtTm")))
    try:
        return date.fromisoformat(text[:10])
    except ValueError as error:
        raise _refused(f"{where}/{names[0]}", text) from error


def _booking(entry: Element, details: Element, plain: Booking) -> Booking:
    """`details`: the transaction, or the entry itself where it has none of its own."""
    reversal = _text(entry, "RvslInd") == "true" or details.find("RtrInf") is not None
    payer = (plain.units >= 0) != reversal  # who paid us, or whose payment is taken back
    party, account = ("Dbtr", "DbtrAcct") if payer else ("Cdtr", "CdtrAcct")
    unstructured = " ".join(each.text or "" for each in details.findall("RmtInf/Ustrd"))
    structured = _text(details, "RmtInf/Strd/CdtrRefInf/Ref")
    text = " ".join(f"{unstructured} {structured}".split()) or _text(details, "AddtlTxInf", "AddtlNtryInf")
    end_to_end = _text(details, "Refs/EndToEndId")
    end_to_end = "" if end_to_end.upper() == "NOTPROVIDED" else end_to_end
    related = [f"RltdPties/{name}/{path}" for name in (party, f"Ultmt{party}") for path in ("Nm", "Pty/Nm")]
    return replace(
        plain, name=_text(details, *related), iban=references.iban(_text(details, f"RltdPties/{account}/Id/IBAN")),
        symbol=references.labelled_symbol(end_to_end, text), end_to_end=end_to_end, text=text, reversal=reversal,
        bank_id=_text(details, "Refs/AcctSvcrRef") or _text(entry, "AcctSvcrRef", "NtryRef"),
    )  # fmt: skip
