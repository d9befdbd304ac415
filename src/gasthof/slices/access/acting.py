"""Acting in a customer's place: begun and ended from the panel's pages, recorded under the name of whoever does it."""

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from gasthof.kernel.actions import perform
from gasthof.slices.access import queries
from gasthof.slices.access.middleware import ACTING
from gasthof.slices.access.models import User


@require_POST
def act(request: HttpRequest, customer: int) -> HttpResponse:
    """Begin to act in a customer's place. Nobody does so twice over: that was begun as themselves."""
    user = request.user
    if hasattr(request, "acting") or not isinstance(user, User):
        raise PermissionDenied
    found = queries.acting_for(user, customer)
    if found is None:
        raise Http404
    perform(queries.actor_of(user), "access.act_as", {"customer": found.number})
    request.session[ACTING] = found.number
    return redirect("start")


@require_POST
def stop(request: HttpRequest) -> HttpResponse:
    end(request)
    return redirect("start")


def end(request: HttpRequest) -> None:
    """If they act for somebody. A customer whom they no longer reach they have not acted for since."""
    customer = getattr(request, "acting", None)
    request.session.pop(ACTING, None)
    if customer is not None and isinstance(request.user, User):
        perform(queries.actor_of(request.user), "access.stop_acting", {"customer": customer.number})
