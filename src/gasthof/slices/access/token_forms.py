"""The form that a token is made by: for what, for how long, what it may do and where."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from gasthof.kernel import registry
from gasthof.kernel.permissions import Actor, holds, may_perform
from gasthof.kernel.refusal import FieldError
from gasthof.ui.fields import Choice, Several, Text
from gasthof.ui.forms import VerbForm
from gasthof.ui.wording import groups, permissions

ALL, SOME = "all", "some"
WHERE, NAMED = "where", "named"
DAYS = (("7", _("a week")), ("30", _("a month")), ("90", _("three months")), ("365", _("a year")))


def offered(actor: Actor) -> Iterator[str]:
    """Verbs and lists that the actor has somewhere."""
    grants = registry.grants()
    return (
        verb
        for verb, permission in permissions().items()
        if may_perform(actor, verb) and holds(actor, permission, grants)
    )


class CreateToken(VerbForm):
    verb = "access.create_token"
    name = Text(
        _("What the token is for"),
        help_text=_("Such as the name of the program: you see it in the list."),
        autocomplete="off",
    )
    days = Choice(_("How long it is good for"), choices=DAYS, help_text=_("From then on it is refused."))
    extent = forms.ChoiceField(
        label=_("What it may do"),
        choices=[(SOME, _("Only what is ticked below")), (ALL, _("Everything that you may, now and later"))],
        widget=forms.RadioSelect, required=False,
    )  # fmt: skip
    verbs = Several(_("What exactly"), choices=())
    where = forms.ChoiceField(label=_("Where it may do that"), required=False)
    named = forms.CharField(
        label=_("Or only with these"), required=False,
        help_text=_("Domains, or subscriptions such as s000012, with commas between them. They count instead of the choice above."),
        widget=forms.TextInput({"autocomplete": "off", "spellcheck": "false", "autocapitalize": "none"}),
    )  # fmt: skip

    def __init__(self, *given: Any, actor: Actor, places: Iterable[tuple[str, str]], **named: Any) -> None:
        super().__init__(*given, **named)
        self.groups = groups(offered(actor))
        field: Any = self.fields["verbs"]
        field.widget.choices = [(verb, words) for _title, listed in self.groups for verb, words in listed]
        field.template_name = "access/token_verbs.html"
        where: Any = self.fields[WHERE]
        where.choices = [("", gettext("wherever you may")), *places]
        days: Any = self.fields["days"]
        days.needed = True

    @property
    def verb_groups(self) -> list[tuple[str, int, list[tuple[str, str, bool]]]]:
        """Title, how many are ticked, and each verb with its words and whether it is."""
        ticked = set(self["verbs"].value() or ())
        return [
            (
                title,
                sum(verb in ticked for verb, _ in listed),
                [(verb, words, verb in ticked) for verb, words in listed],
            )
            for title, listed in self.groups
        ]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if cleaned.get("extent") != ALL and not cleaned.get("verbs"):
            self.add_error("verbs", gettext("Tick at least one thing that the token may do."))
        return cleaned

    def given(self) -> dict[str, object]:
        found = super().given()
        if self.cleaned_data.get("extent") == ALL:
            found.pop("verbs", None)
        named = re.split(r"[\s,;]+", str(self.cleaned_data.get(NAMED) or "").strip())
        places = ", ".join(map(_place, filter(None, named))) or self.cleaned_data.get(WHERE)
        return {**found, **({"places": places} if places else {})}

    def _show(self, error: FieldError) -> None:
        place = NAMED if self.cleaned_data.get(NAMED) else WHERE
        super()._show(FieldError(place if error.field == "places" else error.field, error.message))


def _place(text: str) -> str:
    """As the verb takes it, from what people write."""
    if ":" in text:
        return text
    kind = "mailbox" if "@" in text else "subscription" if re.fullmatch(r"s[0-9]{6,9}", text) else "domain"
    return f"{kind}:{text}"
