"""What every page's frame needs: switching language and look, following changes, taking something back."""

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from gasthof.kernel import registry
from gasthof.kernel.actions import perform
from gasthof.kernel.refusal import ActionRefused
from gasthof.ui import changes, theme
from gasthof.ui.changes import Done
from gasthof.ui.request import PanelRequest, speaker
from gasthof.ui.shell import Head, show
from gasthof.ui.strength import estimate

LIVE = "live"  # the event at which lists that showed something under way are read anew
STOP_POLLING = 286  # htmx asks no further after it
SEEN = "seen"


@login_not_required
@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """Kept in a cookie, as Django's own middleware reads it, and by who knows people."""
    response = HttpResponseRedirect(_back(request), status=303)
    if request.POST.get("language") in dict(settings.LANGUAGES):
        registry.speaks(request, request.POST["language"])
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME, request.POST["language"],
            max_age=theme.YEAR, secure=True, httponly=True, samesite="Lax",
        )  # fmt: skip
    return response


@login_not_required
@require_POST
def look(request: HttpRequest) -> HttpResponse:
    response = HttpResponseRedirect(_back(request), status=303)
    theme.keep(response, request.POST.get("theme", ""))
    return response


def _back(request: HttpRequest) -> str:
    """Where the form stood, on this host only."""
    wanted = request.POST.get("next", "")
    return wanted if wanted.startswith("/") and url_has_allowed_host_and_scheme(wanted, allowed_hosts=None) else "/"


@sensitive_post_parameters()
@require_POST
def strength(request: HttpRequest) -> HttpResponse:
    """Of a password that is being typed: a piece of a page for htmx. Nothing is kept."""
    typed = next(
        (value for name, value in request.POST.items() if "password" in name and name != "csrfmiddlewaretoken"), ""
    )
    return render(request, "ui/strength.html", {"strength": estimate(str(typed)) if typed else None})


@require_safe
def followed(request: PanelRequest, token: str) -> HttpResponse:
    """How far changes are: a page, or for htmx what has changed since it asked last."""
    progress = changes.progress(token, speaker(request))
    if progress is None:
        raise Http404
    if not request.htmx:
        head = Head(gettext("Progress of a change"))
        return show(request, "ui/changes_page.html", head, {"progress": progress, "follows": True})
    status = STOP_POLLING if progress.final else 204 if request.GET.get(SEEN) == progress.mark else 200
    if status == 204:
        return HttpResponse(status=204)
    back = changes.without(request.htmx.current_url_abs_path or "/")
    answer = render(request, "ui/progress_inner.html", {"progress": progress, "back": back}, status=status)
    if progress.final:
        answer["HX-Trigger"] = LIVE
    return answer


@require_POST
def undo(request: PanelRequest, token: str) -> HttpResponse:
    """Take back what that token's form did, with all that the verb asks for."""
    actor = speaker(request)
    done = Done.read(token, actor)
    if done is None or done.undo is None:
        raise Http404
    try:
        outcome = perform(actor, done.undo.verb, done.undo.fields)
    except ActionRefused as refusal:
        context = {"words": [error.message for error in refusal.errors], "back": _back(request)}
        return show(request, "ui/not_undone.html", Head(gettext("This cannot be undone any more")), context, status=422)
    told = Done(gettext("It was undone."), outcome.awaited)
    return HttpResponseRedirect(changes.after(_back(request), told, actor), status=303)
