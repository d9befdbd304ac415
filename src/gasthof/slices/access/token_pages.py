"""Pages of one's own tokens: what each may do, and when it was last used. Operators see everybody's."""

from typing import Any

from django.conf import settings
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from gasthof.kernel.actions import SYSTEM_CLOCKS, Outcome
from gasthof.kernel.permissions import EVERYWHERE, Place
from gasthof.kernel.values import DomainName
from gasthof.slices.access.models import ApiToken, User
from gasthof.slices.access.token_forms import CreateToken
from gasthof.slices.access.values import Email
from gasthof.slices.accounts.queries import Customer
from gasthof.slices.domains.queries import Domain
from gasthof.slices.subscriptions.queries import Subscription
from gasthof.ui.lists import Column, Empty, Listing, list_page
from gasthof.ui.pages import Question, posted, question_page
from gasthof.ui.parts import Fact, State, state
from gasthof.ui.performing import perform_to_show
from gasthof.ui.request import PanelRequest
from gasthof.ui.shell import Head, Link, show
from gasthof.ui.sources import Source
from gasthof.ui.standing import known, person, seen
from gasthof.ui.wording import groups, words_of

PERMISSION = "access.tokens"
MOST_PLACES = 100  # of each sort to choose from
SHOWN_VERBS = 2
ENDING_DAYS = 14
shown_or_sent = require_http_methods(["GET", "HEAD", "POST"])


def _head(title: str, *crumbs: Link, **how: Any) -> Head:
    return Head(title, crumbs=(Link(_("Your account"), reverse("access_account")), *crumbs), **how)


def _list() -> Link:
    return Link(_("Tokens for programs"), reverse("access_tokens"))


def _state(token: ApiToken) -> State:
    left = token.expires - SYSTEM_CLOCKS.wall.now()
    if left.total_seconds() <= 0:
        return State(_("expired"), "", "circle-off")
    return State(_("ends soon"), "warn", "clock-alert") if left.days < ENDING_DAYS else state("active")


def _few(words: list[str], most: int) -> str:
    """The first of them, and how many more there are: a list is looked over, not read."""
    shown, more = "; ".join(words[:most]), len(words) - most
    return _("%(shown)s; %(more)d more") % {"shown": shown, "more": more} if more > 0 else shown


def _does(token: ApiToken) -> str:
    if token.verbs is None:
        return _("everything")
    return _few([words_of(verb) for verb in token.verbs], SHOWN_VERBS)


def _where(token: ApiToken) -> str:
    return ", ".join(map(_place, token.within)) or _("everywhere")


def _place(place: Place) -> str:
    if place.mailbox:
        return Email(place.mailbox).shown
    if place.domain:
        return DomainName(place.domain).unicode
    if place.subscription is not None:
        return f"s{place.subscription:06d}"
    return _("customer %(number)d") % {"number": place.customer}


def _used(token: ApiToken) -> str:
    return date_format(token.last_used.astimezone(), "SHORT_DATETIME_FORMAT") if token.last_used else _("never")


def _until(token: ApiToken) -> str:
    return date_format(token.expires.astimezone(), "SHORT_DATE_FORMAT")


def _curl() -> str:
    return f'curl -H "Authorization: Bearer $TOKEN" {settings.PANEL_ADDRESS}/api/v1/domains'


@require_safe
def tokens(request: PanelRequest) -> HttpResponse:
    person(request, PERMISSION)
    add = reverse("access_create_token")
    sentence = _("With a token a program does by the API what you could do here, limited as you choose.")
    everybodys = request.actor.role in EVERYWHERE
    source = Source("tokens", {"": ("id",)}, more=lambda rows: rows.prefetch_related("user"))
    listing: Listing[ApiToken] = Listing(
        name="tokens",
        rows=source.rows,
        key=source.key,
        columns=(
            Column("name", _("Name"), lambda row: row.name),
            *((Column("person", _("Person"), lambda row: row.user.name),) if everybodys else ()),
            Column("does", _("May do"), _does),
            Column("where", _("Where"), lambda row: _few([_place(each) for each in row.within], 1) or _("everywhere")),
            Column("expires", _("Good until"), _until, whole=True),
            Column("used", _("Last used"), _used, whole=True),
            Column("state", _("State"), _state),
        ),
        link=lambda row: reverse("access_token", args=[row.pk]),
        search=_("Search tokens"),
        empty=Empty(_("No token yet"), sentence, _("Create a token"), add, "key-round"),
    )
    head = _head(_("Tokens for programs"), action=Link(_("Create a token"), add, "plus"), lead=sentence)
    return list_page(request, listing, head, "access/tokens.html", {"curl": _curl()})


@require_safe
def token(request: PanelRequest, token: int) -> HttpResponse:
    person(request, PERMISSION)
    found = _token(request, token)
    last = f"{_used(found)} ({found.last_address})" if found.last_address else _used(found)
    facts = [
        Fact(_("Person"), found.user.name, copy=False),
        Fact(_("Where"), _where(found), copy=False),
        Fact(_("Created"), date_format(found.created.astimezone(), "SHORT_DATETIME_FORMAT"), copy=False),
        Fact(_("Good until"), date_format(found.expires.astimezone(), "SHORT_DATETIME_FORMAT"), copy=False),
        Fact(_("Last used"), last, copy=False, note=_("To the minute, and from which address.")),
    ]
    context = {"token": found, "state": _state(found), "facts": facts, "groups": groups(found.verbs or ())}
    return show(request, "access/token.html", _head(found.name, _list()), context)


def _token(request: PanelRequest, number: int) -> ApiToken:
    if number >= 10**9:
        raise Http404
    found: ApiToken = known(request, "tokens", pk=number)
    return found


def _places(request: PanelRequest, user: User) -> list[tuple[str, str]]:
    """What a token can be limited to, the first of each sort; others are typed."""
    actor, found = request.actor, []
    if user.kind != User.MEMBER:
        customers: list[Customer] = list(seen(actor, "customers").order_by("name", "number")[:MOST_PLACES])
        found += [
            (f"customer:{each.number}", _("only with the customer %(name)s") % {"name": each.name})
            for each in customers
        ]
    subscriptions: list[Subscription] = list(seen(actor, "subscriptions").order_by("number")[:MOST_PLACES])
    found += [
        (f"subscription:{each.system_name}", _("only in %(name)s") % {"name": each.system_name})
        for each in subscriptions
    ]
    domains: list[Domain] = list(seen(actor, "domains").order_by("unicode")[:MOST_PLACES])
    return found + [(f"domain:{each.name}", _("only with %(name)s") % {"name": each.unicode}) for each in domains]


@shown_or_sent
def create(request: PanelRequest) -> HttpResponse:
    user: User = person(request, PERMISSION)
    form = CreateToken(
        posted(request), fixed={"user": user.pk}, initial={"days": "90", "extent": "some"}, actor=request.actor,
        places=_places(request, user),
    )  # fmt: skip
    back = reverse("access_tokens")
    if form.is_bound:
        done = perform_to_show(request, form, back, _("The token was created."))
        if isinstance(done, Outcome):
            context = {"secret": done.result["secret"], "curl": _curl(), "back": back}
            return show(request, "access/token_made.html", _head(_("Your new token"), _list()), context)
        if done:
            return done
    context = {"form": form, "submit": _("Create token"), "cancel": back}
    return show(request, "ui/form_page.html", _head(_("Create a token"), _list()), context, status=form.status)


@shown_or_sent
def revoke(request: PanelRequest, token: int) -> HttpResponse:
    person(request, PERMISSION)
    found = _token(request, token)
    at, back = reverse("access_token", args=[found.pk]), reverse("access_tokens")
    named = {"name": found.name}
    return question_page(
        request, "access.revoke_token", {"token": found.pk},
        _head(_("Revoke the token %(name)s?") % named, _list(), Link(found.name, at)),
        Question(_("Programs that use it are refused at once. It cannot be brought back."), _("Revoke token"),
                 goes=[_("Tokens that were created with it")] if ApiToken.objects.filter(maker=found).exists() else ()),
        to=back, cancel=at, message=_("The token %(name)s was revoked.") % named,
    )  # fmt: skip
