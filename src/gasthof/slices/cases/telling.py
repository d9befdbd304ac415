"""What a case's customer is told at once, by mail to everybody who signs in for them, each in their own language."""

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import override

from gasthof.kernel.call import Call
from gasthof.slices.access.actions import write_to
from gasthof.slices.access.queries import User
from gasthof.slices.cases import wording
from gasthof.slices.cases.models import Case, Step
from gasthof.slices.cases.queries import fee_reasons, terms

TOLD = ("opened", "signal", "warned", "held", "lifted", "charged", "end_confirmed", "closed")


def tell(call: Call, case: Case, step: Step) -> None:
    """In the transaction of the step."""
    for user in User.objects.filter(customer=case.customer_id, active=True).order_by("pk"):
        with override(user.language):
            subject = _("Case %(number)d: %(title)s") % {"number": case.pk, "title": case.title}
            write_to(user, subject, *_paragraphs(call, case, step), now=call.clocks.wall.now())


def _paragraphs(call: Call, case: Case, step: Step) -> list[str]:
    found = [f"{wording.STEPS[step.what]} {wording.about(case)}".strip(), step.words]
    if step.deadline:
        day = date_format(localtime(step.deadline), "DATE_FORMAT")
        found.append(_("Please mend it until %(day)s.") % {"day": day})
    if case.closed is None and step.what not in ("lifted", "end_confirmed"):
        found.append(wording.advice(case))
    if case.held:
        found.append(wording.fee(terms(), fee_reasons(case, call.clocks.business.now())))
    return [each for each in found if each]
