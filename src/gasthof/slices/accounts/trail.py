"""Pages of the audit trail: a list that can be narrowed, and the same as a file."""

import csv
import json
from collections.abc import Iterator, Sequence
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.urls import reverse
from django.utils.formats import date_format, number_format
from django.utils.http import urlencode
from django.utils.timezone import localtime
from django.utils.translation import gettext, override
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from gasthof.kernel import registry
from gasthof.kernel.collection import LARGEST_PAGE, read, select
from gasthof.kernel.keyset import Window, cut
from gasthof.kernel.models import AuditEntry
from gasthof.kernel.permissions import HOUSE, Actor, Place
from gasthof.kernel.refusal import ActionRefused
from gasthof.slices.accounts.audit import FILTERS, action_words, outcome_of
from gasthof.slices.accounts.queries import Customer
from gasthof.slices.accounts.views import permit_house
from gasthof.ui import parts
from gasthof.ui.lists import Column, Empty, Listing, list_page
from gasthof.ui.request import PanelRequest, speaker
from gasthof.ui.shell import Head
from gasthof.ui.standing import below_customer, known, permit
from gasthof.ui.words import AREAS

MOST_EXPORTED = 50_000  # rows of a file
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet would compute


class Narrow(forms.Form):
    """What the list is narrowed by; a refusal stands beside its field."""

    who = forms.CharField(label=_("Who"), required=False, help_text=_("A part of a name or e-mail address"))
    verb = forms.ChoiceField(label=_("What"), required=False)
    object = forms.CharField(label=_("About"), required=False, help_text=_("A domain, an address or a system name"))
    since = forms.CharField(label=_("From"), required=False, widget=forms.DateInput({"type": "date"}))
    until = forms.CharField(label=_("Up to"), required=False, widget=forms.DateInput({"type": "date"}))

    def __init__(self, request: HttpRequest) -> None:
        super().__init__({name: request.GET.get(name, "") for name in FILTERS}, auto_id="narrow-%s", label_suffix="")
        asked = request.GET.get("verb", "")
        named = [(name, words) for name, words in AREAS.items() if name in registry.names()]
        one = [(asked, action_words(asked))] if asked and asked not in AREAS else []
        field: Any = self.fields["verb"]
        field.choices = [("", _("everything")), *named, *one]

    def filters(self, actor: Actor) -> dict[str, str]:
        """Those that can be read."""
        given = {name: str(value) for name, value in self.data.items() if value}
        try:
            select(actor, "audit", filters=given)
        except ActionRefused as refusal:
            for error in refusal.errors:
                self.add_error(error.field if error.field in self.fields else None, error.message)
                given.pop(error.field, None)
        return given


def _outcome(entry: AuditEntry) -> parts.State:
    return parts.State(*outcome_of(entry))


def _trail(request: PanelRequest, within: Place, head: Head, file: str) -> HttpResponse:
    form = Narrow(request)
    filters = form.filters(speaker(request))
    called: dict[str, str] = {}

    def rows(actor: Actor, window: Window) -> Sequence[AuditEntry]:
        found = select(actor, "audit", within=within, filters=filters)
        shown = list(cut(found, ("id",), Window(after=window.after, descending=True, limit=window.limit)))
        called.update(registry.called({each.actor for each in shown}))
        return shown

    listing = Listing[AuditEntry](
        name="audit", rows=rows, key=lambda row, _sort: (row.pk,), kept=filters,
        columns=(
            Column("at", gettext("When"), lambda row: date_format(localtime(row.at), "SHORT_DATETIME_FORMAT")),
            Column("verb", gettext("Action"), lambda row: action_words(row.verb)),
            Column("actor", gettext("Who"), lambda row: called.get(row.actor, row.actor)),
            Column("outcome", gettext("Outcome"), _outcome),
            Column("fields", gettext("Details"), _details),
        ),
        empty=_nothing(narrowed=bool(filters)),
    )  # fmt: skip
    context = {
        "form": form,
        "file": f"{file}?{urlencode(filters)}",
        "most": number_format(MOST_EXPORTED, force_grouping=True),
        "narrowed": bool(filters),
    }
    return list_page(request, listing, head, "accounts/trail.html", context)


def _nothing(*, narrowed: bool) -> Empty:
    if narrowed:
        return Empty(
            gettext("Nothing was found"),
            gettext("Nothing in the audit trail is like that."),
            gettext("Show all"),
            "?",
            "search-x",
        )
    return Empty(
        gettext("Nothing was done yet"),
        gettext("Every change is written down here: who, what, when."),
        icon="scroll-text",
    )


def _given(entry: AuditEntry) -> str:
    return ", ".join(
        f"{name}={value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}"
        for name, value in entry.fields.items()
    )


def _details(entry: AuditEntry) -> str:
    """Verb and object, fields as they were given, and the words of a refusal."""
    whole = f"{entry.verb} {entry.object} ({_given(entry)})"
    return f"{whole}: {entry.words}" if entry.words else whole


@require_safe
def trail(request: PanelRequest) -> HttpResponse:
    """All that the actor may read of it."""
    permit_house(request)
    return _trail(request, HOUSE, Head(gettext("Audit trail"), lead=_lead()), reverse("accounts:trail_file"))


def _lead() -> str:
    return gettext("What was done, refused and denied, the newest first. It cannot be changed.")


def _audited(request: PanelRequest, customer: int) -> Customer:
    found: Customer = known(request, "customers", number=customer)
    permit(request, "accounts.audit", found.place)
    return found


@require_safe
def customer_trail(request: PanelRequest, customer: int) -> HttpResponse:
    head = below_customer(request, _audited(request, customer), gettext("Audit trail"), lead=_lead())
    return _trail(request, Place(customer=customer), head, reverse("accounts:customer_trail_file", args=[customer]))


@require_safe
def trail_file(request: PanelRequest) -> StreamingHttpResponse:
    permit_house(request)
    return _file(request, HOUSE)


@require_safe
def customer_trail_file(request: PanelRequest, customer: int) -> StreamingHttpResponse:
    _audited(request, customer)
    return _file(request, Place(customer=customer))


def _file(request: PanelRequest, within: Place) -> StreamingHttpResponse:
    """What the list shows, the newest MOST_EXPORTED of it, as RFC 4180 has it; spreadsheets take UTF-8 by its mark."""
    actor = speaker(request)
    filters = Narrow(request).filters(actor)
    answer = StreamingHttpResponse(_lines(actor, within, filters), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="audit.csv"'
    return answer


class _Line:
    """What csv writes to."""

    def write(self, text: str) -> str:
        return text


def _lines(actor: Actor, within: Place, filters: dict[str, str]) -> Iterator[str]:
    """In portions, each found by where the last one ended."""
    writer = csv.writer(_Line())
    with override(actor.language):
        names = [gettext("Number"), gettext("When"), gettext("Who"), gettext("Action"), gettext("About"), gettext("Outcome"), gettext("Details"),
                 gettext("Reason")]  # fmt: skip
    yield "\ufeff" + writer.writerow(names)
    after, number = "", 0
    while number < MOST_EXPORTED:
        page = read(
            actor, "audit", within=within, filters=filters, after=after, limit=min(LARGEST_PAGE, MOST_EXPORTED - number)
        )
        called = registry.called({row.actor for row in page.objects})
        yield "".join(writer.writerow(_cells(row, called.get(row.actor, row.actor))) for row in page.objects)
        number, after = number + len(page.objects), page.after
        if not after:
            return


def _cells(entry: AuditEntry, who: str) -> list[str]:
    at = localtime(entry.at).isoformat(timespec="seconds")
    return [
        harmless(each)
        for each in (str(entry.pk), at, who, entry.verb, entry.object, entry.outcome, _given(entry), entry.words)
    ]


def harmless(cell: str) -> str:
    """What a spreadsheet would compute is text (OWASP, CSV injection)."""
    return f"'{cell}" if cell.startswith(FORMULA) else cell
