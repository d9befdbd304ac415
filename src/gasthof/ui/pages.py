"""Whole pages that slices' views are made of: a form, a question before what cannot be undone, a preview of many changes."""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils.translation import gettext, gettext_lazy

from gasthof.ui.fields import StrOrPromise, Text
from gasthof.ui.forms import VerbForm
from gasthof.ui.performing import After, Call, Told, Undoing, perform_calls, perform_form
from gasthof.ui.shell import Head, show

SURE = "sure"  # the button of a preview
PICK = "pick"  # what was picked in a list
MOST_PICKED = 500
TYPED = "typed"


def posted(request: HttpRequest) -> QueryDict | None:
    """What a form is bound to."""
    return request.POST if request.method == "POST" else None


def form_page(
    request: HttpRequest,
    form: VerbForm,
    head: Head,
    *,
    submit: StrOrPromise,
    to: Told,
    message: Told,
    undo: Undoing | None = None,
    cancel: str = "",
    template: str = "ui/form_page.html",
    context: Mapping[str, Any] | None = None,
) -> HttpResponse:
    """Shows the form, or performs its verb and leads on to `to`."""
    if form.is_bound:
        answer = perform_form(request, form, to, message, undo)
        if answer:
            return answer
    shown = {"form": form, "submit": submit, "cancel": cancel, **(context or {})}
    return show(request, template, head, shown, status=form.status)


@dataclass(frozen=True)
class Question:
    """Before what cannot be undone: what happens to which object, what goes with it, and for the worst a name to type.
    A calm one takes nothing away from anybody."""

    sentence: StrOrPromise  # “Delete the domain bäckerei-müller.test?” is the page's title; this says what that means
    button: StrOrPromise  # says what it does: “Delete domain”, never “OK”
    goes: Sequence[StrOrPromise] = ()  # what goes with it: “12 mailboxes with 3.4 GB of mail”
    typed: str = ""  # the name that has to be typed
    calm: bool = False


class Sure(VerbForm):
    """A verb without fields of its own; the subclass of a page names the verb. The worst ask for a name to be typed."""

    typed = Text(gettext_lazy("Name"), autocomplete="off", spellcheck="false", autocapitalize="none")

    def ask_for(self, name: str) -> None:
        """Before anything else is done with it."""
        if not name:
            del self.fields[TYPED]
            return
        field = self.fields[TYPED]
        assert isinstance(field, Text)
        field.label = gettext("To confirm, type %(name)s") % {"name": name}
        field.short, field.needed = gettext("Confirmation"), True
        if self.is_bound and _folded(str(self.data.get(TYPED, ""))) != _folded(name):
            self.add_error(TYPED, gettext("This is not the name. Please type it as it stands above."))


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", name).strip().casefold()


def bare(verb: str, data: Mapping[str, Any] | None, fixed: Mapping[str, object] | None = None, typed: str = "") -> Sure:
    """A form that shows no fields, or only the one for a name to be typed."""
    form: Sure = type("Sure", (Sure,), {"verb": verb})(data, fixed=fixed)
    form.ask_for(typed)
    return form


def question_page(
    request: HttpRequest,
    verb: str,
    fixed: Mapping[str, object],
    head: Head,
    question: Question,
    *,
    to: Told,
    message: Told,
    cancel: str,
    undo: Undoing | None = None,
) -> HttpResponse:
    """Asks, and performs the verb when the answer is yes."""
    form = bare(verb, posted(request), fixed, question.typed)
    if form.is_bound:
        answer = perform_form(request, form, to, message, undo)
        if answer:
            return answer
    context = {"form": form, "question": question, "cancel": cancel}
    return show(request, "ui/question_page.html", head, context, status=form.status)


@dataclass(frozen=True)
class Picked:
    """An object that was picked in a list, as the preview shows it."""

    key: str  # what the verb's field is given
    name: str  # as people read it
    becomes: StrOrPromise = ""  # what will have changed: “100 MB → 500 MB”
    wrong: str = ""  # why it was refused


@dataclass(frozen=True)
class Bulk:
    """One verb for many objects: `on` is the field that names the object, `form` holds what is the same for all."""

    form: VerbForm
    on: str
    picked: Sequence[Picked]
    sentence: StrOrPromise
    button: StrOrPromise
    danger: bool = False

    def calls(self) -> list[Call]:
        given = self.form.given()
        return [(self.form.verb, {**given, self.on: each.key}) for each in self.picked]


def picked_keys(request: HttpRequest) -> list[str]:
    """What was picked in the list that led here, or comes back with the preview, each once."""
    return list(dict.fromkeys(request.POST.getlist(PICK)))[:MOST_PICKED]


def seen(request: HttpRequest) -> QueryDict | None:
    """What a bulk's form is bound to: nothing until its preview has been seen."""
    return request.POST if SURE in request.POST else None


def bulk_page(request: HttpRequest, bulk: Bulk, head: Head, *, to: Told, message: Told, cancel: str) -> HttpResponse:
    """Shows what would happen to each, and does it when that has been seen. All or none: a refusal stands beside its object."""
    if bulk.form.is_bound and bulk.picked and not bulk.form.errors:
        answer = perform_calls(request, bulk.form, bulk.calls(), After(to, message))
        if answer:
            return answer
    context = {"bulk": bulk, "form": bulk.form, "picked": _blamed(bulk), "cancel": cancel}
    return show(request, "ui/bulk_page.html", head, context, status=bulk.form.status)


def _blamed(bulk: Bulk) -> list[Picked]:
    wrong = " ".join(map(str, bulk.form.non_field_errors())) if bulk.form.is_bound else ""
    blamed = bulk.form.position if wrong else None
    return [replace(each, wrong=wrong) if nth == blamed else each for nth, each in enumerate(bulk.picked)]
