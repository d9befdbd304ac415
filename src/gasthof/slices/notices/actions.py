"""What staff do about notices."""

from typing import Annotated, Literal

from django.utils.translation import override

from gasthof.kernel.actions import Result, action
from gasthof.kernel.call import Call
from gasthof.kernel.refusal import Refused
from gasthof.slices.lifecycle.queries import ServiceRef
from gasthof.slices.notices import telling, wording
from gasthof.slices.notices.models import Notice
from gasthof.slices.notices.queries import MANAGE, NoticeRef, shown

Name = Literal["renewal_due", "last_days", "closed", "fee_from_now", "deletion_near", "deletion_tomorrow"]


@action("notices.preview", permission=MANAGE, on="service", reads=True)
def preview(
    call: Call,
    *,
    service: ServiceRef,
    name: Annotated[Name, "which notice"],
    language: Annotated[Literal["de", "en"], "in which language"] = "de",
) -> Result:
    """Show what a notice of a service would say today."""
    if service.first_unpaid is None:
        raise Refused("There is nothing to pay for this service.").at("service")
    first, on = service.first_unpaid, telling.today(call.clocks)
    with override(language):
        letter = wording.letter(name, service, first, on)
        return {"service": service.pk, "subject": letter.subject, "text": letter.text}


@action("notices.send_again", permission=MANAGE, on="notice")
def send_again(call: Call, *, notice: NoticeRef) -> Result:
    """Send a notice once more, as when an address was mended."""
    if notice.state not in (Notice.REFUSED, Notice.NOBODY):
        raise Refused("This notice is delivered, or on its way.").at("notice")
    if not telling.stands(notice):
        raise Refused("What this notice says is past: it was paid, or a later notice says more.").at("notice")
    if not telling.mailed(notice, notice.service, call.clocks):
        raise Refused("This customer has nobody to write to.").at("notice")
    notice.state = Notice.WAITING
    notice.save(update_fields=["state", "end_named"])
    return shown(notice)
