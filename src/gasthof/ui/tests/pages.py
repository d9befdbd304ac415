"""Pages as a slice makes them, for tests: a form, a question, a bulk action, on the real verbs of domains and mail."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.urls import path, reverse

from gasthof import urls
from gasthof.kernel import rows
from gasthof.kernel.permissions import ANONYMOUS, Actor
from gasthof.ui.changes import Undo
from gasthof.ui.fields import Number, Secret, Text
from gasthof.ui.forms import VerbForm
from gasthof.ui.pages import (
    Bulk,
    Picked,
    Question,
    bare,
    bulk_page,
    form_page,
    picked_keys,
    posted,
    question_page,
    seen,
)
from gasthof.ui.shell import Head, Link, show

handler400, handler403, handler404, handler500 = urls.handler400, urls.handler403, urls.handler404, urls.handler500
WHO = "x-acting"  # a header in place of a sign-in


def acting(respond: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: "operator" or a customer's number."""

    def answer(request: HttpRequest) -> HttpResponse:
        who = request.headers.get(WHO, "")
        request.actor = Actor("owner", int(who)) if who.isdigit() else Actor("operator") if who else ANONYMOUS
        with rows.by_default(request.actor):
            return respond(request)

    return answer


class AddDomain(VerbForm):
    verb = "domains.add"
    name = Text("Domain", autocomplete="off")


class AddMailbox(VerbForm):
    verb = "mail.add_mailbox"
    name = Text("Address")
    password = Secret("Password")
    quota_mb = Number("Size", after="MB")
    title = Text("Shown name")


def domains(request: HttpRequest) -> HttpResponse:
    head = Head("Domains", action=Link("Add domain", reverse("add", args=["s000001"])))
    return show(request, "ui/page.html", head)


def add(request: HttpRequest, subscription: str) -> HttpResponse:
    form = AddDomain(posted(request), fixed={"subscription": subscription})
    return form_page(
        request, form, Head("Add a domain"), submit="Add", to=reverse("domains"), cancel=reverse("domains"),
        message=lambda outcome: f"{outcome.result['domain']} was added.",
        undo=lambda outcome: Undo("domains.delete", {"domain": outcome.result["domain"]}),
    )  # fmt: skip


def mailbox(request: HttpRequest, domain: str) -> HttpResponse:
    form = AddMailbox(posted(request), fixed={"domain": domain}, initial={"quota_mb": 250})
    return form_page(
        request, form, Head("Add a mailbox"), submit="Add", to=reverse("domains"), message="The mailbox was added."
    )


def delete(request: HttpRequest, domain: str) -> HttpResponse:
    question = Question("All that hangs on it goes.", "Delete domain", ["1 website"], typed=domain)
    return question_page(
        request, "domains.delete", {"domain": domain}, Head(f"Delete {domain}?"), question,
        to=reverse("domains"), message="Deleted.", cancel=reverse("domains"),
    )  # fmt: skip


def delete_many(request: HttpRequest) -> HttpResponse:
    picked = [Picked(key, key, "deleted") for key in picked_keys(request)]
    bulk = Bulk(bare("domains.delete", seen(request)), "domain", picked, "These go.", "Delete domains", danger=True)
    return bulk_page(
        request, bulk, Head("Delete domains?"), to=reverse("domains"), message="All gone.", cancel=reverse("domains")
    )


urlpatterns = [  # ahead of slices' own, which have some of these addresses
    path("domains", domains, name="domains"),
    path("domains/<str:subscription>/add", add, name="add"),
    path("domains/<str:domain>/mailbox", mailbox, name="mailbox"),
    path("domains/<str:domain>/delete", delete, name="delete"),
    path("domains/delete", delete_many, name="delete_many"),
    *urls.urlpatterns,
]
