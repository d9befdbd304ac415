"""What follows from a registry's answer for the name it was about. The caller saves."""

from gasthof.kernel.sealing import seal
from gasthof.slices.registrar import rules
from gasthof.slices.registrar.driver import Answer, Asked, Create, Held, Release, Transfer, Update
from gasthof.slices.registrar.models import Registration

GONE = "The registry does not know this domain name any more."
ELSEWHERE = "The registry says that another registrar looks after this domain name."
WRONG_DATE = "The registry tells an end date that cannot be right; the former one stays."


def follow(registration: Registration, request: Asked, answer: Answer) -> None:
    """After an operation that was done or refused."""
    if answer.state == "refused":
        if isinstance(request, Create | Transfer) and registration.state == Registration.ASKED:
            registration.state = Registration.GONE
        return
    if isinstance(request, Release):
        registration.state = Registration.GONE
        return
    if isinstance(request, Create | Transfer):
        registration.state = Registration.HELD
    if isinstance(request, Update) and request.code:
        registration.code = seal(request.code)
    if answer.held:
        take_over(registration, answer.held)


def take_over(registration: Registration, held: Held) -> None:
    """Dates and statuses as the registry has them; of a date that cannot be right nothing."""
    if not rules.believable(held.ends):
        registration.finding = WRONG_DATE
        return
    registration.ends, registration.statuses = held.ends, list(held.statuses)
    registration.locked = "clientTransferProhibited" in held.statuses
    registration.finding = ""


def compare(registration: Registration, held: Held | None) -> None:
    """The nightly look. A name that is gone is reported; nothing is deleted for it."""
    if held is None:
        registration.finding = GONE
    elif not held.ours:
        registration.finding = ELSEWHERE
    else:
        take_over(registration, held)
