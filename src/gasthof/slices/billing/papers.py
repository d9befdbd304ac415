"""Proformas and receipts as PDF, made from a template. Nothing is fetched for them, from nowhere."""

from pathlib import Path
from typing import Any, NoReturn

from django.template.loader import render_to_string
from django.utils import translation
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from weasyprint import CSS, HTML
from weasyprint.urls import FatalURLFetchingError, URLFetcher

from gasthof.kernel.amounts import amount
from gasthof.slices.billing import contents, paying
from gasthof.slices.billing.models import House, Proforma
from gasthof.slices.billing.rules import payment_codes
from gasthof.slices.billing.rules.payment_codes import Order
from gasthof.slices.billing.wording import shown_day

SHEET = Path(__file__).with_name("paper.css")


class Nothing(URLFetcher):
    """Whatever a document names elsewhere ends it: no template of ours names anything, so somebody's text became markup."""

    def fetch(self, url: str, headers: dict[str, str] | None = None) -> NoReturn:
        raise FatalURLFetchingError(f"a paper asks for {url[:100]}")


def proforma(row: Proforma, house: House, language: str) -> bytes:
    """PDF with the codes for banking apps, as long as it is to be paid."""
    with translation.override(language):
        wanted = paying.order(row, house)
        facts = [
            (_("Number"), str(row.number)), (_("Issued"), shown_day(row.issued)), (_("Payable until"), shown_day(row.valid_until)),
        ]  # fmt: skip
        how = _how(wanted) if wanted else {}
        return _made(row, house, {"title": _("Proforma invoice"), "facts": facts, **how})


def _how(wanted: Order) -> dict[str, Any]:
    names = {"epc": "EPC QR", "spayd": "SPAYD"}
    codes = [(names[name], payment_codes.picture(paying.CODES[name](wanted))) for name in paying.codes(wanted)]
    return {
        "wanted": wanted, "iban": contents.grouped(wanted.iban), "missing": amount(wanted.amount.units, wanted.amount.currency),
        "codes": [(name, mark_safe(each)) for name, each in codes],  # noqa: S308 - drawn by segno: numbers in a path
    }  # fmt: skip


def receipt(row: Proforma, house: House, language: str) -> bytes:
    """PDF of a paid proforma's receipt, with what an invoice has to say (UStG section 14(4))."""
    found = row.receipt
    with translation.override(language):
        facts = [
            (_("Number"), found.number), (_("Date"), shown_day(found.issued)), (_("Proforma invoice"), str(row.number)),
        ]  # fmt: skip
        paid = _("Paid on %(day)s. Thank you.") % {"day": shown_day(found.issued)}
        return _made(row, house, {"title": _("Receipt"), "facts": facts, "paid": paid})


KINDS = {"proforma": proforma, "receipt": receipt}


def _made(row: Proforma, house: House, more: dict[str, Any]) -> bytes:
    lines = contents.lines_of(row)
    context = {
        "language": translation.get_language(), "house": house, "addressee": row.addressee or row.customer.name, "customer": row.customer_id,
        "lines": contents.shown_lines(row, lines), "sums": contents.shown_sums(row, lines), **more,
    }  # fmt: skip
    return printed(render_to_string("billing/paper.html", context))


def printed(page: str) -> bytes:
    """Raises FatalURLFetchingError where the page names anything outside of itself."""
    sheet = CSS(string=SHEET.read_text("utf-8"), url_fetcher=Nothing())
    made = HTML(string=page, url_fetcher=Nothing()).write_pdf(stylesheets=[sheet], pdf_tags=True)
    return bytes(made or b"")
