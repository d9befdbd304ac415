"""What is mailed: a code to who asked for it; to everybody who acts as the customer's owner what was asked for in their name, and what became of it."""

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override

from gasthof.kernel.call import Call
from gasthof.slices.access.actions import write_to
from gasthof.slices.access.queries import User, people_of
from gasthof.slices.requests import rules, wording
from gasthof.slices.requests.models import Request

TOLD = ("confirmed", "replied", "accepted", "declined", "failed", "done")


def mail_code(call: Call, request: Request, user: User, code: str) -> None:
    with override(user.language):
        write_to(
            user,
            _("Your code for request %(number)s") % {"number": request},
            _("with this code you confirm what you asked for:"),
            "\n".join(wording.contents(request)),
            f"{code[:4]} {code[4:]}",
            _("It is good once, for %(minutes)d minutes, and for this alone.") % {"minutes": rules.LIFETIME.seconds // 60},
            _("If it was not you, do nothing: without the code nothing happens. Then please choose a new password."),
            now=call.clocks.wall.now(),
        )  # fmt: skip


def tell(call: Call, request: Request, what: str, words: str) -> None:
    """In the transaction of the step."""
    at = settings.PANEL_ADDRESS + reverse("requests:request", args=[request.pk])
    for user in people_of(request.customer_id):
        with override(user.language):
            said = [
                str(wording.STEPS[what]),
                "\n".join(wording.contents(request)),
                words if what != "confirmed" else "",
            ]
            subject = _("Request %(number)s") % {"number": request}
            write_to(user, subject, *filter(None, said), at, now=call.clocks.wall.now())
