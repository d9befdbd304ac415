"""Kinds of fields that a form shows. None judges what is typed: the verb's own grammar does, so that all doors have one.

class AddMailbox(VerbForm):
    verb = "mail.add_mailbox"
    name = Text(_("Address"), after="@bäckerei-müller.test")
    password = Secret(_("Password"))
"""

import base64
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django import forms
from django.urls import reverse

from gasthof.kernel import fields as kernel

StrOrPromise = Any  # text, or text to be translated when it is shown
Choices = Iterable[tuple[str, StrOrPromise]]
YES, NO = "yes", "no"


class VerbField(forms.Field):
    """What all have in common. `before` and `after` stand beside the input; `narrow` is for short values."""

    plain_widget: type[forms.Widget] = forms.TextInput

    def __init__(
        self,
        label: StrOrPromise,
        *,
        help_text: StrOrPromise = "",
        before: StrOrPromise = "",
        after: StrOrPromise = "",
        narrow: bool = False,
        widget: forms.Widget | None = None,
        **attributes: str,
    ) -> None:
        super().__init__(
            label=label, help_text=help_text, required=False, widget=widget or self.plain_widget(), initial=None
        )
        self.before, self.after, self.narrow = before, after, narrow
        self.widget.attrs |= {name.rstrip("_").replace("_", "-"): value for name, value in attributes.items()}

    needed = False  # the verb cannot do without
    short: StrOrPromise = ""  # the label in the summary of errors, where it is a whole sentence

    @property
    def optional(self) -> bool:
        """Whether the label says so."""
        return not self.needed

    def learn(self, field: kernel.Field, help_text: str) -> None:
        """What the verb's signature says: the help where the form has none of its own, and whether it is needed."""
        self.needed = field.required
        self.help_text = self.help_text or _beside(str(self.label or ""), help_text)
        if field.required:
            self.widget.attrs["aria-required"] = "true"

    def said(self, value: Any) -> object:
        """What is handed to the verb."""
        return "" if value is None else value

    def left_out(self, value: Any, initial: Any) -> bool:
        """Whether an optional field is as good as not there: empty, as it was at the beginning."""
        return value in (None, "") and initial in (None, "")


def _beside(label: str, help_text: str) -> str:
    """The help, where it says more than the label."""
    return "" if help_text.casefold().strip(". ") == label.casefold().strip(". ") else help_text


class Text(VerbField):
    """One line. Further attributes are the input's own: autocomplete="off", inputmode="email", placeholder="…"."""


class Number(VerbField):
    """A whole number; a text input, since people type “1 000” and a wheel must not change it."""

    def __init__(self, label: StrOrPromise, **how: Any) -> None:
        super().__init__(label, **{"narrow": True, "inputmode": "numeric", "autocomplete": "off", **how})

    def said(self, value: Any) -> object:
        return "".join(str(value or "").split())


class Secret(VerbField):
    """Never shown again, not even after a refusal. Left empty where the verb can do without, it is not given."""

    def __init__(self, label: StrOrPromise, *, autocomplete: str = "new-password", **how: Any) -> None:
        widget = forms.PasswordInput(render_value=False)
        super().__init__(label, widget=widget, **{"autocomplete": autocomplete, "narrow": True, **how})
        self.estimated = autocomplete == "new-password"  # how hard it is to guess is shown while it is typed

    def get_bound_field(self, form: forms.BaseForm, field_name: str) -> forms.BoundField:
        bound = super().get_bound_field(form, field_name)
        if self.estimated:
            self.widget.attrs |= {
                "hx-post": reverse("ui:strength"), "hx-trigger": "input changed delay:300ms", "hx-params": f"{field_name},csrfmiddlewaretoken",
                "hx-target": f"#{bound.auto_id}_strength", "hx-sync": "this:replace",
            }  # fmt: skip
        return bound

    def left_out(self, value: Any, initial: Any) -> bool:
        return value in (None, "")


class Lines(VerbField):
    """Several values, a line each, for verbs that take a list in one text."""

    plain_widget = forms.Textarea

    def __init__(self, label: StrOrPromise, *, between: str = ", ", **how: Any) -> None:
        super().__init__(label, **{"rows": "4", "spellcheck": "false", **how})
        self.between = between

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list | tuple) else value

    def said(self, value: Any) -> object:
        lines = (line.strip() for line in str(value or "").splitlines())
        return self.between.join(line for line in lines if line)


class Paragraphs(VerbField):
    """Text of several lines, which stay as they were typed."""

    plain_widget = forms.Textarea

    def __init__(self, label: StrOrPromise, **how: Any) -> None:
        super().__init__(label, **{"rows": "8", **how})


class Day(VerbField):
    """A day: browsers that can show a calendar."""

    def __init__(self, label: StrOrPromise, **how: Any) -> None:
        widget = forms.DateInput({"type": "date"}, format="%Y-%m-%d")
        super().__init__(label, **{"widget": widget, "narrow": True, **how})


class Choice(VerbField):
    """One of several. Without `choices` those of the verb's signature, under the names in `labels`."""

    plain_widget = forms.Select

    def __init__(
        self,
        label: StrOrPromise,
        *,
        choices: Choices = (),
        labels: Mapping[str, StrOrPromise] | None = None,
        radio: bool = False,
        **how: Any,
    ) -> None:
        super().__init__(label, **{"widget": forms.RadioSelect() if radio else None, **how})
        self.labels = labels or {}
        self.choices = list(choices)

    @property
    def optional(self) -> bool:
        """One is always chosen, unless nothing can be."""
        return not self.needed and any(not value for value, _ in self.choices)

    @property
    def choices(self) -> list[tuple[str, StrOrPromise]]:
        return self._choices

    @choices.setter
    def choices(self, choices: Choices) -> None:
        self._choices = list(choices)
        self.widget.choices = self._choices

    def learn(self, field: kernel.Field, help_text: str) -> None:
        super().learn(field, help_text)
        if not self.choices:
            self.choices = [(choice, self.labels.get(choice, choice)) for choice in field.choices]


class File(VerbField):
    """A file, chosen or dropped onto its field; the verb is handed its contents in base64 (RFC 4648). The form needs `files`."""

    plain_widget = forms.FileInput

    def said(self, value: Any) -> object:
        if not value:
            return ""
        value.seek(0)  # it may have been read before
        return base64.b64encode(value.read()).decode("ascii")


class Switch(VerbField):
    """On or off: it is always given, for a box that is not ticked says no."""

    plain_widget = forms.CheckboxInput

    def learn(self, field: kernel.Field, help_text: str) -> None:
        super().learn(field, help_text)
        self.needed = True
        self.widget.attrs.pop("aria-required", None)

    def prepare_value(self, value: Any) -> Any:
        return value in (True, YES, "on", "true", "1")

    def said(self, value: Any) -> object:
        return YES if value else NO

    def left_out(self, value: Any, initial: Any) -> bool:
        return False


class Several(VerbField):
    """Any of several, as boxes to tick, for verbs that take a list in one text."""

    def __init__(self, label: StrOrPromise, *, choices: Choices, between: str = ", ", **how: Any) -> None:
        super().__init__(label, widget=forms.CheckboxSelectMultiple(choices=list(choices)), **how)
        self.between = between

    def said(self, value: Any) -> object:
        return self.between.join(value or ())


def plain(field: kernel.Field, label: str) -> VerbField:
    """A field as its type alone suggests."""
    if field.secret:
        return Secret(label)
    if field.choices:
        return Choice(label, radio=len(field.choices) <= 3)
    if field.kind == "bool":
        return Switch(label)
    return Number(label) if field.kind == "int" else Text(label)


def names(given: Sequence[kernel.Field]) -> dict[str, kernel.Field]:
    return {field.name: field for field in given}
