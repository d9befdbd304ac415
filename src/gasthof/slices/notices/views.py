"""Pages of notices: what the customer was told, what mail servers said, what would be said."""

from datetime import date

from django.http import HttpResponse
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.http import require_http_methods, require_safe

from gasthof.kernel.actions import SYSTEM_CLOCKS
from gasthof.kernel.permissions import HOUSE, Place
from gasthof.slices.accounts.queries import seen_customer
from gasthof.slices.lifecycle.queries import Service, day_in_words, policy_of
from gasthof.slices.notices import rules, telling, wording
from gasthof.slices.notices.cards import standing
from gasthof.slices.notices.models import Delivery, Notice
from gasthof.slices.notices.queries import MANAGE, READ
from gasthof.ui.lists import Column, Empty, Listing, list_page
from gasthof.ui.pages import Question, question_page
from gasthof.ui.parts import State
from gasthof.ui.request import PanelRequest
from gasthof.ui.shell import Head, Link, show
from gasthof.ui.sources import Source
from gasthof.ui.standing import below_customer, known, may, permit, reached

shown_or_sent = require_http_methods(["GET", "HEAD", "POST"])
LANGUAGES = (("de", "Deutsch"), ("en", "English"))


def _state(notice: Notice) -> State:
    return State(*standing(notice))


def _columns() -> tuple[Column[Notice], ...]:
    return (
        Column("subject", _("Subject"), lambda row: row.subject),
        Column("when", _("Day"), lambda row: date_format(row.due, "SHORT_DATE_FORMAT"), whole=True),
        Column("state", _("State"), _state),
    )


def _listing(name: str, within: Place, columns: tuple[Column[Notice], ...]) -> Listing[Notice]:
    source = Source("notices", {"": ("id",)}, within, newest_first=True)
    return Listing[Notice](
        name=name, rows=source.rows, key=source.key, columns=columns,
        link=lambda row: reverse("notices:notice", args=[row.pk]),
        search=_("Search notices"),
        empty=Empty(_("No notice yet"), _("Before a service expires, is closed or deleted, you are told by mail. What was said stands here, too."), icon="mail-warning"),
    )  # fmt: skip


@require_safe
def notices(request: PanelRequest, customer: int) -> HttpResponse:
    found = reached(request.actor, seen_customer(customer), READ)
    head = below_customer(request, found, _("Notices"))
    return list_page(request, _listing("notices", Place(customer=customer), _columns()), head)


@require_safe
def everybodys(request: PanelRequest) -> HttpResponse:
    permit(request, MANAGE)
    columns = (*_columns(), Column("customer", _("Customer"), lambda row: row.customer.name))
    return list_page(
        request, _listing("everybodys", HOUSE, columns), Head(_("Notices"), tabs=_tabs(request.GET.get("search", "")))
    )


def _tabs(search: str) -> tuple[Link, ...]:
    """All, and those that need somebody: found by their state."""
    named = (("", _("All")), (Notice.REFUSED, _("Mail refused")), (Notice.NOBODY, _("Nobody to write to")))
    at = reverse("notices:everybodys")
    return tuple(Link(text, f"{at}?search={state}" if state else at, current=search == state) for state, text in named)


@require_safe
def notice(request: PanelRequest, notice: int) -> HttpResponse:
    found: Notice = known(request, "notices", pk=notice)
    if rules.is_looked_at(request.method or "", request.headers):
        telling.note_displayed(found, request.actor, SYSTEM_CLOCKS)
    manages = may(request.actor, MANAGE, None)
    context = {
        "notice": found, "paragraphs": found.text.split("\n\n"), "state": _state(found), "manages": manages,
        "again": manages and found.state in (Notice.REFUSED, Notice.NOBODY) and telling.stands(found),
        "deliveries": [(each.address, _ended(each), each.words) for each in found.deliveries.order_by("pk")],
    }  # fmt: skip
    back = Link(_("Notices"), reverse("notices:notices", args=[found.customer_id]))
    return show(request, "notices/notice.html", below_customer(request, found.customer, found.subject, back), context)


def _ended(each: Delivery) -> State:
    known_states = {
        Delivery.SENT: State(_("taken by the mail server"), "good", "circle-check"),
        Delivery.REFUSED: State(_("refused"), "bad", "octagon-alert"),
        Delivery.GIVEN_UP: State(_("not reached"), "bad", "octagon-alert"),
    }
    return known_states.get(each.state, State(_("on its way"), "info", "loader-circle"))


@shown_or_sent
def again(request: PanelRequest, notice: int) -> HttpResponse:
    permit(request, MANAGE)
    found: Notice = known(request, "notices", pk=notice)
    at = reverse("notices:notice", args=[found.pk])
    return question_page(
        request, "notices.send_again", {"notice": found.pk},
        below_customer(request, found.customer, _("Send the notice again?"), Link(found.subject, at)),
        Question(_("It goes to everybody who acts as the customer’s owner."), _("Send again"), calm=True),
        to=at, cancel=at, message=_("The notice is on its way."),
    )  # fmt: skip


@require_safe
def preview(request: PanelRequest, service: int) -> HttpResponse:
    """All notices of the service's policy, as they would be today, in both languages."""
    permit(request, MANAGE)
    found: Service = known(request, "services", pk=service)
    back = Link(found.unicode, reverse("lifecycle:service", args=[found.pk]))
    context = {"notices": _previewed(found)}
    return show(
        request,
        "notices/preview.html",
        below_customer(request, found.customer, _("What notices would say"), back),
        context,
    )


def _previewed(service: Service) -> list[dict[str, object]]:
    first = service.first_unpaid
    if first is None:
        return []
    listed = policy_of(service).of(service.type, service.tld).notices
    return [{"name": wording.NAMES[each.name], "day": day_in_words(each.at), "letters": _letters(each.name, service, first)} for each in listed]  # fmt: skip


def _letters(name: str, service: Service, first: date) -> list[dict[str, object]]:
    """In both languages."""
    found: list[dict[str, object]] = []
    for code, language in LANGUAGES:
        with override(code):
            letter = wording.letter(name, service, first, telling.today(SYSTEM_CLOCKS))
        found.append(
            {
                "language": language,
                "code": code,
                "subject": letter.subject,
                "text": letter.text,
                "paragraphs": letter.paragraphs,
            }
        )
    return found
