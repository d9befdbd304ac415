"""Pages of one's own webhooks, and of what was sent to them. Operators see everybody's."""

import json
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from gasthof.kernel.actions import Outcome
from gasthof.kernel.permissions import EVERYWHERE
from gasthof.slices.access.queries import User
from gasthof.slices.webhooks import forms
from gasthof.slices.webhooks.models import Delivery, Webhook
from gasthof.slices.webhooks.queries import MANAGE
from gasthof.slices.webhooks.rules import FAILED, KINDS, LIVE
from gasthof.ui.forms import VerbForm
from gasthof.ui.lists import Column, Empty, Listing, list_page
from gasthof.ui.pages import Question, bare, form_page, posted, question_page
from gasthof.ui.parts import Fact, State, state
from gasthof.ui.performing import perform_to_show
from gasthof.ui.request import PanelRequest
from gasthof.ui.shell import Head, Link, show
from gasthof.ui.sources import Source
from gasthof.ui.standing import known, person
from gasthof.ui.wording import words_of

shown_or_sent = require_http_methods(["GET", "HEAD", "POST"])
PORTION = 25  # deliveries


def _head(title: str, *crumbs: Link, **how: Any) -> Head:
    return Head(title, crumbs=(Link(_("Your account"), reverse("access_account")), *crumbs), **how)


def _list() -> Link:
    return Link(_("Webhooks"), reverse("webhooks:webhooks"))


def _at(route: str, webhook: Webhook, *more: object) -> str:
    return reverse(f"webhooks:{route}", args=[webhook.pk, *more])


def _below(webhook: Webhook, title: str, **how: Any) -> Head:
    return _head(title, _list(), Link(_host(webhook), _at("webhook", webhook)), **how)


def _host(webhook: Webhook) -> str:
    """What a webhook is called by, short of its whole address."""
    return urlsplit(webhook.shown_url).netloc


def _webhook(request: PanelRequest, number: int) -> Webhook:
    person(request, MANAGE)
    if number >= 10**9:
        raise Http404
    found: Webhook = known(request, "webhooks", pk=number)
    return found


def _when(at: datetime | None) -> str:
    return date_format(at.astimezone(), "SHORT_DATETIME_FORMAT") if at else _("never")


def _state(webhook: Webhook) -> State:
    if webhook.active:
        return state("active")
    off = state("off")
    return off if webhook.off_because == Webhook.BY_HAND else State(off.word, "bad", "octagon-alert")


def _why_off(webhook: Webhook) -> str:
    """Where it was not its person's doing."""
    known_reasons = {
        Webhook.NO_ANSWER: _("It was switched off because nothing was taken for three days."),
        Webhook.GONE: _("It was switched off because the receiver said that it is gone for good."),
        Webhook.TOO_MANY: _("It was switched off because too much was waiting to be sent."),
    }
    return known_reasons.get(webhook.off_because, "")


def _progress(delivery: Delivery) -> State:
    if delivery.state == Delivery.DELIVERED:
        return State(_("delivered"), "good", "circle-check")
    if delivery.state == Delivery.FAILED:
        return state("failed")
    return State(_("is tried again"), "warn", "clock") if delivery.words else state("pending")


def _answer(delivery: Delivery) -> str:
    words = _(delivery.words) if delivery.words else ""
    again = delivery.words and delivery.state == Delivery.QUEUED
    next_time = _("Next attempt: %(when)s") % {"when": _when(delivery.due)} if again else ""
    return " · ".join(filter(None, (str(delivery.status or ""), words, next_time))) or "–"


def _about(delivery: Delivery) -> str:
    """What was done, and whether it is about that or about how it ended."""
    words = words_of(delivery.about) if delivery.about else forms.event_words(delivery.event)
    ends = {LIVE: _("%(what)s: live"), FAILED: _("%(what)s: failed")}
    return ends.get(delivery.event, "%(what)s") % {"what": words}


@require_safe
def webhooks(request: PanelRequest) -> HttpResponse:
    person(request, MANAGE)
    add = reverse("webhooks:add")
    sentence = _("A webhook tells a server of yours what happens here, as soon as it happens. Each message is signed.")
    everybodys = request.actor.role in EVERYWHERE
    source = Source("webhooks", {"": ("id",)})
    listing: Listing[Webhook] = Listing(
        name="webhooks",
        rows=source.rows,
        key=source.key,
        columns=(
            Column("url", _("Address"), lambda row: row.shown_url),
            *((Column("person", _("Person"), lambda row: row.user.name),) if everybodys else ()),
            Column("events", _("Events"), lambda row: ", ".join(row.events)),
            Column("success", _("Last delivered"), lambda row: _when(row.last_success), whole=True),
            Column("state", _("State"), _state),
        ),
        link=lambda row: _at("webhook", row),
        search=_("Search webhooks"),
        empty=Empty(_("No webhook yet"), sentence, _("Add a webhook"), add, "webhook"),
    )
    return list_page(
        request, listing, _head(_("Webhooks"), action=Link(_("Add a webhook"), add, "plus"), lead=sentence)
    )


@shown_or_sent
def add(request: PanelRequest) -> HttpResponse:
    user: User = person(request, MANAGE)
    form = forms.AddWebhook(posted(request), fixed={"user": user.pk}, initial={"events": list(KINDS)})
    back = reverse("webhooks:webhooks")
    if form.is_bound:
        answer = _shown_once(request, form, back, _("The webhook was added."))
        if answer:
            return answer
    context = {"form": form, "submit": _("Add webhook"), "cancel": back}
    return show(request, "ui/form_page.html", _head(_("Add a webhook"), _list()), context, status=form.status)


def _shown_once(request: PanelRequest, form: VerbForm, back: str, message: str) -> HttpResponse | None:
    """The secret, in the answer itself; None: the form was refused."""
    done = perform_to_show(request, form, back, message)
    if not isinstance(done, Outcome):
        return done
    webhook = _webhook(request, int(done.result["webhook"]))
    context = {"webhook": webhook, "secret": done.result["secret"], "back": _at("webhook", webhook)}
    return show(request, "webhooks/secret.html", _below(webhook, _("Secret of the webhook")), context)


@require_safe
def webhook(request: PanelRequest, webhook: int) -> HttpResponse:
    found = _webhook(request, webhook)
    source = Source(
        "webhook_deliveries", {"": ("id",)}, more=lambda rows: rows.filter(webhook=found), newest_first=True
    )
    listing: Listing[Delivery] = Listing(
        name="deliveries",
        rows=source.rows,
        key=source.key,
        columns=(
            Column("when", _("When"), lambda row: _when(row.created)),
            Column("about", _("About"), _about),
            Column("state", _("State"), _progress),
            Column("answer", _("Answer"), _answer),
        ),
        link=lambda row: _at("delivery", found, row.pk),
        empty=Empty(_("Nothing sent yet"), _("Send a test to see whether it arrives."), icon="send"),
        portion=PORTION,
    )
    facts = [
        Fact(_("Address"), found.shown_url),
        Fact(_("Person"), found.user.name, copy=False, note=_("Events are sent as far as this person may see them.")),
        Fact(_("Events"), " · ".join(map(forms.event_words, found.events)), copy=False),
        Fact(_("Last delivered"), _when(found.last_success), copy=False),
    ]
    context = {"webhook": found, "state": _state(found), "why_off": _why_off(found), "facts": facts}
    return list_page(request, listing, _head(_host(found), _list()), "webhooks/webhook.html", context)


@shown_or_sent
def change(request: PanelRequest, webhook: int) -> HttpResponse:
    found = _webhook(request, webhook)
    before = {"url": found.shown_url, "events": list(found.events)}
    form = forms.ChangeWebhook(posted(request), fixed={"webhook": found.pk}, initial=before)
    return form_page(
        request, form, _below(found, _("Change webhook")), submit=_("Save"), to=_at("webhook", found),
        cancel=_at("webhook", found), message=_("The webhook was changed."),
    )  # fmt: skip


@shown_or_sent
def rotate(request: PanelRequest, webhook: int) -> HttpResponse:
    found = _webhook(request, webhook)
    form = bare("webhooks.rotate_secret", posted(request), {"webhook": found.pk})
    if form.is_bound:
        answer = _shown_once(request, form, _at("webhook", found), _("The secret was replaced."))
        if answer:
            return answer
    sentence = _(
        "The new one is shown once. For a day messages are signed by both, so that you can change your server in peace."
    )
    context = {"form": form, "question": Question(sentence, _("Replace secret")), "cancel": _at("webhook", found)}
    head = _below(found, _("Replace the secret?"))
    return show(request, "ui/question_page.html", head, context, status=form.status)


@shown_or_sent
def test(request: PanelRequest, webhook: int) -> HttpResponse:
    found = _webhook(request, webhook)
    return question_page(
        request, "webhooks.test", {"webhook": found.pk}, _below(found, _("Send a test?")),
        Question(_("A message that tells of nothing is sent, once."), _("Send a test"), calm=True), to=_at("webhook", found),
        cancel=_at("webhook", found), message=_("The test is on its way. Its answer stands below in a moment."),
    )  # fmt: skip


@shown_or_sent
def switch(request: PanelRequest, webhook: int, on: str) -> HttpResponse:
    found = _webhook(request, webhook)
    if on not in ("on", "off"):
        raise Http404
    title = _("Switch the webhook on?") if on == "on" else _("Switch the webhook off?")
    sentence = _("What waits is sent at once.") if on == "on" else _("What happens meanwhile is not sent later.")
    return question_page(
        request, "webhooks.switch", {"webhook": found.pk, "on": on}, _below(found, title),
        Question(sentence, _("Switch on") if on == "on" else _("Switch off"), calm=on == "on"), to=_at("webhook", found),
        cancel=_at("webhook", found),
        message=_("The webhook is switched on.") if on == "on" else _("The webhook is switched off."),
    )  # fmt: skip


@shown_or_sent
def remove(request: PanelRequest, webhook: int) -> HttpResponse:
    found = _webhook(request, webhook)
    return question_page(
        request, "webhooks.remove", {"webhook": found.pk}, _below(found, _("Remove the webhook?")),
        Question(_("Nothing more is sent to %(url)s.") % {"url": found.shown_url}, _("Remove webhook"),
                 goes=[_("The list of what was sent, and what still waits"), _("The secret")]),
        to=reverse("webhooks:webhooks"), cancel=_at("webhook", found), message=_("The webhook was removed."),
    )  # fmt: skip


def _delivery(request: PanelRequest, webhook: int, number: int) -> Delivery:
    found = _webhook(request, webhook)
    row = Delivery.objects.filter(webhook=found, pk=number).first() if number < 10**18 else None
    if row is None:
        raise Http404
    row.webhook = found
    return row


@require_safe
def delivery(request: PanelRequest, webhook: int, delivery: int) -> HttpResponse:
    row = _delivery(request, webhook, delivery)
    facts = [
        Fact(_("Event"), row.event, copy=False, note=forms.event_words(row.event)),
        Fact("webhook-id", row.uid),
        Fact(_("When"), _when(row.created), copy=False),
        Fact(_("Attempts"), str(row.attempts), copy=False),
        Fact(_("Answer"), _answer(row), copy=False),
    ]
    body = json.dumps(json.loads(row.body), indent=2, ensure_ascii=False)
    context = {"delivery": row, "state": _progress(row), "facts": facts, "body": body}
    return show(request, "webhooks/delivery.html", _below(row.webhook, _("Delivery")), context)


@shown_or_sent
def send_again(request: PanelRequest, webhook: int, delivery: int) -> HttpResponse:
    row = _delivery(request, webhook, delivery)
    at = _at("delivery", row.webhook, row.pk)
    return question_page(
        request, "webhooks.send_again", {"delivery": row.pk}, _below(row.webhook, _("Send it again?")),
        Question(_("The same message goes out once more, under the same id."), _("Send again"), calm=True), to=at, cancel=at,
        message=_("It is on its way again."),
    )  # fmt: skip
