"""Payment codes as pictures, files of our own as the pages' policy asks, and papers as PDF."""

from django.conf import settings
from django.http import Http404, HttpResponse
from django.views.decorators.http import require_safe

from gasthof.slices.billing import papers, paying
from gasthof.slices.billing.models import Proforma
from gasthof.slices.billing.queries import READ, house
from gasthof.slices.billing.rules import payment_codes
from gasthof.ui.request import PanelRequest
from gasthof.ui.standing import known, permit


@require_safe
def code(request: PanelRequest, proforma: int, kind: str) -> HttpResponse:
    """Made for the amount that is missing now."""
    found = known(request, "proformas", pk=proforma)
    permit(request, READ, found.place)
    wanted = paying.order(found, house())
    if wanted is None or kind not in paying.codes(wanted):
        raise Http404
    return HttpResponse(payment_codes.picture(paying.CODES[kind](wanted)), content_type="image/svg+xml")


@require_safe
def paper(request: PanelRequest, proforma: int, kind: str, language: str) -> HttpResponse:
    """Made in the request: it takes some 0.2 s. A receipt says of the house what it said then."""
    found: Proforma = known(request, "proformas", pk=proforma)
    permit(request, READ, found.place)
    made = getattr(found, "receipt", None) if kind == "receipt" else found
    own = house(made.issued if kind == "receipt" else None) if made else None
    if own is None or language not in dict(settings.LANGUAGES):
        raise Http404
    content = papers.KINDS[kind](found, own, language)
    return HttpResponse(
        content, content_type="application/pdf", headers={"Content-Disposition": f'attachment; filename="{kind}-{proforma}-{language}.pdf"'}
    )  # fmt: skip
