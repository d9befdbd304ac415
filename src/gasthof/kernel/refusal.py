"""Why an input is refused, as a sentence that can be shown in the reader's language. No Django: rules and values raise it."""

from dataclasses import dataclass


class Refused(ValueError):
    """A value that breaks a rule. The first argument is an English sentence, which is also the key of its translations;
    `values` fill its placeholders ("%(name)s")."""

    def __init__(self, sentence: str, **values: object) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.values = values
        self.field = ""
        self.part = ""  # which part of the field's value, where it has several

    def at(self, field: str) -> "Refused":
        """The same refusal, about this field of the verb."""
        self.field = field
        return self

    @property
    def each(self) -> "tuple[Refused, ...]":
        """All that is told by it."""
        return (self,)

    def __str__(self) -> str:
        return self.sentence % self.values if self.values else self.sentence


class SeveralRefused(Refused):
    """Refusals of several fields at once, none of which depends on another. It reads as the first of them."""

    def __init__(self, first: Refused, *more: Refused) -> None:
        super().__init__(first.sentence, **first.values)
        self.field, self.part = first.field, first.part
        self._all = (first, *more)

    @property
    def each(self) -> tuple[Refused, ...]:
        return self._all


class Together:
    """Looks at several fields before it refuses any: `with together: ...` around each look, `together.settle()` at the end."""

    def __init__(self) -> None:
        self._refused: list[Refused] = []

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> bool:
        if isinstance(error, Refused):
            self._refused += error.each
        return isinstance(error, Refused)

    def settle(self) -> None:
        """Raises what was refused, if anything was."""
        if len(self._refused) == 1:
            raise self._refused[0]
        if self._refused:
            raise SeveralRefused(*self._refused)


@dataclass(frozen=True)
class FieldError:
    """One refusal beside the field it is about; field "" means the whole. The message is in the reader's language."""

    field: str
    message: str


class ActionRefused(Exception):
    """A verb that changed nothing, because of these errors."""

    def __init__(self, errors: tuple[FieldError, ...]) -> None:
        super().__init__("; ".join(f"{error.field}: {error.message}" for error in errors))
        self.errors = errors
        self.position = 0  # of several verbs, which one was refused, counted from 0


class NotAllowed(ActionRefused):
    """The actor's role has no such permission, whatever object was named."""


class TooManyAttempts(Exception):
    """Somebody tries keys that do not fit. `seconds` until they may try the next."""

    def __init__(self, seconds: int) -> None:
        super().__init__(seconds)
        self.seconds = seconds
