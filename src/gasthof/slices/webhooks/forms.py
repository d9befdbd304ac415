"""Forms of webhooks: where to, and which events."""

from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from gasthof.slices.webhooks.rules import FAILED, LIVE, PERFORMED, TEST
from gasthof.ui.fields import Several, StrOrPromise, Text
from gasthof.ui.forms import VerbForm

EVENTS: dict[str, StrOrPromise] = {
    PERFORMED: _("Something was done: a domain added, say"),
    LIVE: _("A change is live on its server"),
    FAILED: _("A change failed, with the server’s own words"),
}


def event_words(kind: str) -> str:
    return gettext("Test") if kind == TEST else str(EVENTS.get(kind, kind))


class _Webhook(VerbForm):
    url = Text(
        _("Address"), inputmode="url", autocomplete="off", autocapitalize="none", spellcheck="false", placeholder="https://…",
        help_text=_("It must begin with https:// and be reachable from the internet, at port 443 or one from 1024 on."),
    )  # fmt: skip
    events = Several(_("Which events"), choices=(), help_text=_("As far as you may see them yourself."))

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        field: Any = self.fields["events"]
        field.widget.choices, field.needed = list(EVENTS.items()), True


class AddWebhook(_Webhook):
    verb = "webhooks.add"


class ChangeWebhook(_Webhook):
    verb = "webhooks.change"
    whole = True
