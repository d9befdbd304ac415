"""Values of the house where Django asks: in forms, and of passwords."""

from typing import TypeVar, cast

from django.core.exceptions import ValidationError
from django.utils.translation import gettext

from gasthof.kernel.refusal import Refused
from gasthof.kernel.values import NewPassword
from gasthof.slices.access.models import User

Value = TypeVar("Value")


def parsed(kind: type[Value], raw: object) -> Value:
    """A value, or ValidationError in the reader's language."""
    try:
        return cast(Value, kind.parse(raw))  # type: ignore[attr-defined]
    except Refused as refusal:
        sentence = gettext(refusal.sentence)
        raise ValidationError(sentence % refusal.values if refusal.values else sentence) from refusal


class HouseRules:
    """A password validator (AUTH_PASSWORD_VALIDATORS): what holds of every new password."""

    def validate(self, password: str, user: User | None = None) -> None:
        parsed(NewPassword, password)

    def get_help_text(self) -> str:
        return gettext("At least %(minimum)d characters.") % {"minimum": NewPassword.minimum}
