"""How a case goes on: one step, written down, and told to the customer where it concerns them."""

from datetime import datetime

from gasthof.kernel.actions import perform
from gasthof.kernel.call import Call
from gasthof.kernel.permissions import SYSTEM
from gasthof.slices.cases.models import Case, Step
from gasthof.slices.cases.telling import TOLD, tell
from gasthof.slices.mail.queries import Mailbox

HOUSES = ("noted", "end_proposed", "waived")


def step(
    call: Call, case: Case, what: str, words: str = "", *, deadline: datetime | None = None, signal: str | None = None
) -> Step:
    made = Step.objects.create(
        case=case, what=what, words=words, by=str(call.actor), at=call.clocks.business.now(), deadline=deadline,
        house=what in HOUSES, signal=signal,
    )  # fmt: skip
    if what in TOLD:
        tell(call, case, made)
    return made


def hold(call: Call, case: Case) -> None:
    """One mailbox alone where the case is about one, else the service; nothing where neither is known, or it is held already."""
    if case.held:
        return
    if case.mailbox:
        perform(SYSTEM, "mail.lock_mailbox", {"mailbox": case.mailbox}, call.clocks)
        case.locked = True
    elif case.service_id:
        kind = "abuse" if case.kind == "breach" else "security"
        wanted = {"service": case.service_id, "kind": kind, "case": f"V-{case.pk}", "severity": case.severity}
        case.hold_id = perform(SYSTEM, "lifecycle.put_hold", wanted, call.clocks).result["hold"]
    else:
        return
    case.save(update_fields=["locked", "hold"])
    step(call, case, "held")


def there(case: Case) -> bool:
    """Whether its mailbox still is: a domain may have gone with all that is in it."""
    local, _, name = case.mailbox.rpartition("@")
    return Mailbox.objects.filter(local=local, domain__name=name).exists()


def lift(call: Call, case: Case) -> None:
    """What this case has locked; a mailbox stays locked while another case wants that."""
    if not case.held:
        return
    hold, case.hold = case.hold_id, None
    was, case.locked = case.locked, False
    case.save(update_fields=["locked", "hold"])
    if hold:
        perform(SYSTEM, "lifecycle.lift_hold", {"hold": hold}, call.clocks)
    if was and there(case) and not Case.objects.filter(mailbox=case.mailbox, locked=True).exists():
        perform(SYSTEM, "mail.unlock_mailbox", {"mailbox": case.mailbox}, call.clocks)
    step(call, case, "lifted")
