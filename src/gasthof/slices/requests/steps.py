"""How a request goes on: one step, written down, and told to the customer's people where they did not do it themselves."""

from gasthof.kernel.call import Call
from gasthof.slices.requests import rules
from gasthof.slices.requests.models import Request, Step
from gasthof.slices.requests.telling import TOLD, tell


def step(call: Call, request: Request, what: str, words: str = "", *, by: str = "") -> None:
    """`by`: who, where it is not who acts."""
    Step.objects.create(
        request=request, what=what, words=words, by=by or str(call.actor), at=call.clocks.business.now()
    )
    if what in TOLD:
        tell(call, request, what, words)


def move(request: Request, state: str) -> None:
    """Raises Refused for what does not follow. The row is saved."""
    rules.check_move(request.kind, request.state, state)
    request.state = state
    request.save()
