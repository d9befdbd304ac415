"""What a request of the panel carries beside Django's own."""

from dataclasses import replace

from django.http import HttpRequest
from django.utils.translation import get_language
from django_htmx.middleware import HtmxDetails

from gasthof.kernel.permissions import ANONYMOUS, Actor


class PanelRequest(HttpRequest):
    """For annotations: middlewares set these."""

    actor: Actor
    htmx: HtmxDetails


def actor_of(request: HttpRequest) -> Actor:
    """Who acts: a stranger where nobody has said otherwise, as on pages of failures."""
    actor: Actor = getattr(request, "actor", ANONYMOUS)
    return actor


def language_of(request: HttpRequest) -> str:
    """In which the page is written; what a verb answers must be in the same."""
    return "de" if (get_language() or "").startswith("de") else "en"


def speaker(request: HttpRequest) -> Actor:
    """Who acts, with answers in the language of the page."""
    return replace(actor_of(request), language=language_of(request))
