"""Forms made of verbs: fields and help from the signature, refusals beside the fields that they are about."""

import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS
from django.utils.translation import gettext

from gasthof.kernel.actions import Action, actions
from gasthof.kernel.parsing import faults
from gasthof.kernel.refusal import ActionRefused, FieldError
from gasthof.ui import fields as kinds
from gasthof.ui.fields import VerbField

ONCE = "once"  # the form's own number: who sends it twice has done it once


@dataclass(frozen=True)
class Wrong:
    """A line of the summary on top: what is wrong, and where."""

    message: str
    label: str = ""
    target: str = ""  # the input's id


class VerbForm(forms.Form):
    """One verb. Subclasses declare the fields that they show, in order, named as the verb's; without any, all are shown
    but those in `fixed`, which the page knows: its domain, say."""

    verb: ClassVar[str] = ""
    position = 0  # of several verbs, which one was refused
    labels: ClassVar[Mapping[str, str]] = {}  # for fields that are not declared
    whole: ClassVar[bool] = False  # it shows an object as it is: each field is handed over, and none is called optional

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        fixed: Mapping[str, object] | None = None,
        initial: Mapping[str, Any] | None = None,
        **how: Any,
    ) -> None:
        how = {"auto_id": "field-%s", "label_suffix": "", "use_required_attribute": False, **how}
        super().__init__(data, initial=dict(initial or {}), **how)
        self.fixed = dict(fixed or {})
        self.action: Action = actions()[self.verb]
        self._settle_fields()
        self.once = (self.data.get(ONCE) if self.is_bound else None) or secrets.token_urlsafe(16)

    def _settle_fields(self) -> None:
        """Those of the verb learn from its signature; others, such as a typed confirmation, stay as they are."""
        known = kinds.names(self.action.fields)
        if not self.fields:
            shown = (field for field in known.values() if field.name not in self.fixed)
            self.fields.update({field.name: kinds.plain(field, self._label(field.name)) for field in shown})
        for name in [name for name in self.fields if name in self.fixed]:
            del self.fields[name]
        for name, shown_field in self.fields.items():
            if name in known and isinstance(shown_field, VerbField):
                shown_field.learn(known[name], gettext(known[name].help) if known[name].help else "")
                shown_field.needed = shown_field.needed or self.whole

    def _label(self, name: str) -> str:
        return str(self.labels.get(name) or name.replace("_", " ").capitalize())

    @property
    def status(self) -> int:
        """Of the page that shows it: 422 after a refusal (RFC 9110 section 15.5.21)."""
        return 422 if self.is_bound and self.errors else 200

    def given(self) -> dict[str, object]:
        """What the verb is handed: what the page knows, and what was typed, as it was typed."""
        self.errors  # noqa: B018 - reads the fields
        typed = {}
        for name in kinds.names(self.action.fields).keys() & self.fields.keys():
            field, value = self.fields[name], self.cleaned_data.get(name)
            assert isinstance(field, VerbField)
            if field.needed or not field.left_out(value, self.get_initial_for_field(field, name)):
                typed[name] = field.said(value)
        return {**self.fixed, **typed}

    def refuse(self, refusal: ActionRefused) -> None:
        """Show its errors: each beside its field, the rest on top."""
        self.errors  # noqa: B018 - there must be a place for them
        self.position = refusal.position
        for error in refusal.errors:
            self._show(error)

    def look_over(self) -> None:
        """Where a form finds something wrong by itself, what the verb's fields would be refused for is told as well."""
        for error in faults(self.action.fields, self.given()):
            if error.field.partition(".")[0] in self.fields.keys() - self.errors.keys():
                self._show(error)

    def _show(self, error: FieldError) -> None:
        name, _, part = error.field.partition(".")
        message = f"{part}: {error.message}" if part else error.message
        self.add_error(name if name in self.fields else None, forms.ValidationError(message))

    @property
    def wrongs(self) -> list[Wrong]:
        """For the summary, in the order of the fields; those about the whole first."""
        return list(self._wrongs()) if self.is_bound else []

    def _wrongs(self) -> Iterator[Wrong]:
        yield from (Wrong(str(message)) for message in self.errors.get(NON_FIELD_ERRORS, ()))
        for name in self.fields:
            bound = self[name]
            target = f"{bound.auto_id}_0" if bound.use_fieldset else bound.id_for_label
            label = getattr(bound.field, "short", "") or bound.label
            yield from (Wrong(str(message), str(label), target) for message in bound.errors)
