"""Every component of pages, with long umlaut names, empty, full and in error: for pictures and for axe, without a database."""

from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import include, path
from django.utils.translation import get_language

from gasthof import urls
from gasthof.kernel.call import Awaited
from gasthof.kernel.capability import Page, Waited
from gasthof.kernel.keyset import Window
from gasthof.kernel.permissions import Actor
from gasthof.kernel.refusal import ActionRefused, FieldError
from gasthof.ui import parts
from gasthof.ui.changes import Done, Progress, Undo
from gasthof.ui.fields import Choice, Lines, Number, Secret, Several, Switch, Text
from gasthof.ui.forms import VerbForm
from gasthof.ui.lists import BulkAction, Column, Empty, Listing, list_page
from gasthof.ui.menu import Entry, Place
from gasthof.ui.pages import Bulk, Picked, Question, bare
from gasthof.ui.shell import Head, Link, show

LONG = "übergrößenträger-und-schürzenmanufaktur-königsbrück-süd.donaudampfschifffahrt.test"
ASCII = "xn--bckerei-mller-bfb28a.test"
OPERATOR = Actor("operator")
PAGES = (
    Page("Customers", "gallery", "accounts.manage", "house", "users"),
    Page("Servers", "g-empty", "nodes.manage", "house", "server"),
    Page("Subscriptions", "g-list", "subscriptions.manage", "house", "layers"),
    Page("Websites & domains", "g-card", "domains.write", "customer", "globe"),
    Page("Mail", "g-form", "domains.write", "domain", "mail"),
    Page("DNS", "g-parts", "domains.write", "domain", "network"),
    Page("Databases", "g-changes", "domains.write", "domain", "database"),
)


def said(english: str, german: str) -> str:
    """The gallery's own words are in no catalogue."""
    return german if get_language() == "de" else english


def acting(respond: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    def answer(request: HttpRequest) -> HttpResponse:
        request.actor = OPERATOR
        return respond(request)

    return answer


def surroundings(request: HttpRequest) -> dict[str, Any]:
    """Context processor: what other slices put into the frame."""
    links = [
        {"text": "bäckerei-müller.test", "note": "Bäckerei Müller & Söhne · s000012", "url": "#", "current": True},
        {"text": LONG, "note": "Schürzenmanufaktur Königsbrück · s000013", "url": "#"},
    ]
    account = {
        "name": "Jörg Müller-Lüdenscheidt",
        "links": [Link(said("Profile", "Profil"), "#", "user")],
        "sign_out": "#",
    }
    acting_as = {"name": "Bäckerei Müller & Söhne GmbH & Co. KG", "end": "#"} if "acting" in request.GET else None
    return {"selector": {"name": "Bäckerei Müller & Söhne", "search": "/found", "links": links},
            "account": account, "acting_as": acting_as}  # fmt: skip


PLACE = Place(owner=12, customer="Bäckerei Müller & Söhne GmbH & Co. KG", subscription="s000012", domain=ASCII)


def head(english: str, german: str, **how: Any) -> Head:
    crumbs = (Link(said("Websites & domains", "Websites & Domains"), "/"), Link(LONG, "/card"))
    return Head(said(english, german), place=PLACE, crumbs=crumbs, **how)


class Mailbox(VerbForm):
    verb = "mail.add_mailbox"
    name = Text("Adresse", after=f"@{LONG}", autocomplete="off")
    password = Secret("Passwort")
    quota_mb = Number("Größe", after="MB")
    title = Text("Anzeigename")
    where = Choice("Server", choices=[("a", "MariaDB 10.11"), ("b", "PostgreSQL 15")], help_text="Wo sie liegen soll")
    rights = Choice("Rechte", choices=[("full", "alle"), ("read", "nur lesen")], radio=True)
    days = Several("Wochentage", choices=[("mo", "Montag"), ("di", "Dienstag")], help_text="An denen gesichert wird")
    to = Lines("Weiterleiten an", help_text="Eine Adresse je Zeile")
    active = Switch("Spam aussortieren", help_text="Was als Spam erkannt wird, kommt in den Ordner „Spam“.")


class Short(VerbForm):
    verb = "domains.add"
    name = Text("Domain", autocomplete="off")


INITIAL = {"quota_mb": 500, "rights": "full", "active": True, "days": ["mo"], "to": ["büro@müller.test"]}


def form(request: HttpRequest) -> HttpResponse:
    made = Mailbox(fixed={"domain": ASCII}, initial=INITIAL)
    context = {"form": made, "submit": said("Add mailbox", "Postfach anlegen"), "cancel": "/"}
    return show(request, "ui/form_page.html", head("Add a mailbox", "Postfach anlegen"), context)


def wrong(request: HttpRequest) -> HttpResponse:
    """Every kind of field refused, and the whole."""
    data = {"name": "grüße aus köln", "quota_mb": "viel", "title": LONG, "where": "b", "to": "x", "password": "geheim"}
    made = Mailbox(data, fixed={"domain": ASCII})
    words = said("This is too long: at most 200 characters.", "Das ist zu lang: höchstens 200 Zeichen.")
    errors = [FieldError(name, words) for name in made.fields]
    whole = FieldError(
        "",
        said("The plan’s limit of mailboxes is reached: 10.", "Das Limit des Tarifs für Postfächer ist erreicht: 10."),
    )
    made.refuse(ActionRefused((whole, FieldError(f"to.{LONG}", words), *errors)))
    context = {"form": made, "submit": said("Add mailbox", "Postfach anlegen"), "cancel": "/"}
    return show(request, "ui/form_page.html", head("Add a mailbox", "Postfach anlegen"), context, status=made.status)


def question(request: HttpRequest) -> HttpResponse:
    made = bare("domains.delete", {"typed": "x"} if "wrong" in request.GET else None, {"domain": ASCII}, LONG)
    asked = Question(
        said("Everything that hangs on this domain is deleted at once. It cannot be brought back.",
             "Alles, was an dieser Domain hängt, wird sofort gelöscht. Es lässt sich nicht wiederherstellen."),
        said("Delete domain", "Domain löschen"),
        [said("1 website with 3.4 GB of files", "1 Website mit 3,4 GB an Dateien"),
         said("12 mailboxes with all mail", "12 Postfächer mit allen Mails")],
    )  # fmt: skip
    context = {"form": made, "question": asked, "cancel": "/"}
    return show(
        request, "ui/question_page.html", head(f"Delete {LONG}?", f"{LONG} löschen?"), context, status=made.status
    )


def bulk(request: HttpRequest) -> HttpResponse:
    refused = said(
        "The import into this subscription is still under way.", "Der Import in dieses Abonnement läuft noch."
    )
    picked = [Picked(str(nth), name, "500\u00a0MB → 1.000\u00a0MB", refused if nth == 1 else "")
              for nth, name in enumerate(["info@bäckerei-müller.test", f"büro@{LONG}", "jörg@müller.test"])]  # fmt: skip
    sentence = said("The size of these 3 mailboxes is changed.", "Die Größe dieser 3 Postfächer wird geändert.")
    whole = Bulk(bare("mail.change_mailbox", None), "mailbox", picked, sentence, said("Change sizes", "Größen ändern"))
    context = {"bulk": whole, "form": whole.form, "picked": picked if "none" not in request.GET else [], "cancel": "/"}
    return show(
        request, "ui/bulk_page.html", head("Change the size of 3 mailboxes", "Größe von 3 Postfächern ändern"), context
    )


def rows(actor: Actor, window: Window) -> Sequence[tuple[str, str, int]]:
    states = ["live", "pending", "failed", "suspended", "off"]
    names = [
        "bäckerei-müller.test",
        LONG,
        "gärtnerei-grün.test",
        "schreinerei-jäger.test",
        "a.test",
        "grüße-aus-köln.test",
    ]
    found = [(name, states[nth % 5], nth * 190_000_000) for nth, name in enumerate(names)]
    return [row for row in found if window.search in row[0]][: window.limit]


def listing(portion: int = 5) -> Listing[tuple[str, str, int]]:
    return Listing(
        name="domains", rows=rows, key=lambda row, sort: (row[0],), portion=portion,
        columns=(
            Column("name", "Domain", lambda row: row[0], sort=True),
            Column("state", said("State", "Zustand"), lambda row: parts.state(row[1])),
            Column("used", said("Disk space", "Speicherplatz"), lambda row: parts.Quota(row[2], 1_000_000_000)),
            Column("owner", said("Customer", "Kunde"), lambda row: Link("Bäckerei Müller & Söhne", "/card")),
            Column("count", said("Mailboxes", "Postfächer"), lambda row: len(row[0]), number=True, sort=True),
        ),
        link=lambda row: "/card", pick=lambda row: row[0],
        bulk=(BulkAction(said("Suspend", "Sperren"), "/bulk", "circle-pause"), BulkAction(said("Delete", "Löschen"), "/bulk", "trash-2")),
        search=said("Search domains", "Domains suchen"),
        empty=Empty("x", "x"),
    )  # fmt: skip


def full(request: HttpRequest) -> HttpResponse:
    return list_page(
        request,
        listing(),
        head("Domains", "Domains", action=Link(said("Add domain", "Domain anlegen"), "/form", "plus")),
    )


def empty(request: HttpRequest) -> HttpResponse:
    none = Listing[Any](
        name="mail", rows=lambda actor, window: [], key=lambda row, sort: (), columns=(Column("name", "Name", str, sort=True),),
        empty=Empty(
            said("No mailbox yet", "Noch kein Postfach"),
            said("A mailbox keeps mail for an address of this domain. Every program and phone can use it.",
                 "Ein Postfach nimmt Mails für eine Adresse dieser Domain an. Jedes Programm und jedes Telefon kann es benutzen."),
            said("Add a mailbox", "Postfach anlegen"), "/form", "mail",
        ),
    )  # fmt: skip
    return list_page(request, none, head("Mailboxes", "Postfächer"))


def card(request: HttpRequest) -> HttpResponse:
    doors = [Entry(title, "#", icon) for title, icon in (
        ("Hosting", "settings-2"), ("PHP", "code"), ("DNS", "network"), (said("Mailboxes", "Postfächer"), "mail"),
        (said("Password-protected directories", "Verzeichnisschutz"), "lock"), (said("Files", "Dateien"), "folder"))]  # fmt: skip
    tabs = (Link(said("Overview", "Übersicht"), "#", "layout-dashboard", True), Link(said("Statistics", "Statistik"), "#"),
            Link(said("Log files", "Protokolle"), "#"), Link(said("Certificates", "Zertifikate"), "#"))  # fmt: skip
    facts = [parts.Fact(said("Server", "Server"), "ftp.bäckerei-müller.test"), parts.Fact("Port", "21"),
             parts.Fact(said("User name", "Benutzername"), "s000012-anna"),
             parts.Fact(said("Encryption", "Verschlüsselung"), said("FTP over TLS, explicit", "FTP über TLS, explizit"), copy=False,
                        note=said("FileZilla calls it so.", "So heißt es in FileZilla."))]  # fmt: skip
    context = {"doors": doors, "facts": facts, "long": LONG}
    return show(request, "gallery/card.html", head(LONG, LONG, tabs=tabs, lead=said("Live since 12 March", "Aktiv seit 12. März"),
                action=Link(said("Open website", "Website öffnen"), "#", "external-link")), context)  # fmt: skip


def pieces(request: HttpRequest) -> HttpResponse:
    days = [date(2026, 10, 1) + timedelta(days=nth) for nth in range(30)]
    numbers = [float((nth * 37) % 23 * 41) for nth in range(30)]
    plots = [
        parts.Plot(said("Visits a day", "Besuche am Tag"), list(zip(days, numbers, strict=True))),
        parts.Plot(
            said("Disk space", "Speicherplatz"),
            [(day, nth * 31_000_000) for nth, day in enumerate(days)],
            "bytes",
            "line",
        ),
        parts.Plot(said("Traffic", "Datenverkehr"), []),
    ]
    quotas = [parts.Quota(used, 1_000_000_000) for used in (0, 340_000_000, 800_000_000, 950_000_000, 1_200_000_000)]
    quotas += [parts.Quota(3, 10, "count"), parts.Quota(3_000, None), parts.Quota(0, 0, "count")]
    states = ["pending", "live", "active", "failed", "suspended", "drift", "off"]
    return show(
        request,
        "gallery/parts.html",
        head("Parts", "Einzelteile"),
        {"plots": plots, "quotas": quotas, "states": states},
    )


def progresses() -> Iterator[Progress]:
    undo = Undo("domains.delete", {"domain": ASCII})
    for states in (["pending", "live"], ["live"], ["failed", "live"]):
        words = 'nginx: [emerg] open() "/srv/übergrößen/web.conf" failed (13: Permission denied)\nnginx: configuration file test failed'
        waited = tuple(
            Waited("web.site", f"{LONG}-{nth}", each, words if each == "failed" else "")
            for nth, each in enumerate(states)
        )
        done = Done(
            f"{LONG} {said('was added.', 'wurde angelegt.')}",
            tuple(Awaited(1, each.kind, each.key, 1) for each in waited),
            undo,
        )
        yield Progress(done, "token", waited)


ASKED: list[str] = []  # tokens, each time that somebody asks


def scripted(token: str, actor: Actor) -> Progress | None:
    """In place of changes.progress: the third who asks hears that it is live."""
    ASKED.append(token)
    pending, live, _ = progresses()
    return live if len(ASKED) > 2 else pending


def changes(request: HttpRequest) -> HttpResponse:
    context = {"listed": list(progresses())}
    return show(request, "gallery/changes.html", head("Changes", "Änderungen"), context)


class Others(forms.Form):
    """As other packages bring them."""

    login = forms.EmailField(label="E-Mail", widget=forms.EmailInput({"autocomplete": "username"}))
    password = forms.CharField(
        widget=forms.PasswordInput({"autocomplete": "current-password"}),
        label="Passwort",
        help_text="Mindestens 10 Zeichen",
    )
    stay = forms.BooleanField(required=False, label="Angemeldet bleiben")


def plain(request: HttpRequest) -> HttpResponse:
    """A page without the shell's navigation, with a form of another package's."""
    made = Others({"login": "nicht so"} if "wrong" in request.GET else None)
    if made.is_bound:
        made.add_error(
            None, said("The user name or the password is wrong.", "Benutzername oder Passwort stimmen nicht.")
        )
    return render(request, "gallery/plain.html", {"form": made, "head": Head(said("Sign in", "Anmelden"))})


def found(request: HttpRequest) -> HttpResponse:
    links = [{"text": LONG, "url": "#", "note": request.GET.get("search", "")}]
    return render(request, "ui/selector_found.html", {"links": links})


urlpatterns = [
    path("", card, name="gallery"),
    path("card", card, name="g-card-plain"),
    path("customers/<int:customer>/domains", card, name="g-card"),
    path("form", form),
    path("domains/<str:domain>/mail", form, name="g-form"),
    path("wrong", wrong),
    path("question", question),
    path("bulk", bulk),
    path("list", full, name="g-list"),
    path("empty", empty, name="g-empty"),
    path("parts", pieces),
    path("domains/<str:domain>/dns", pieces, name="g-parts"),
    path("changes", changes),
    path("domains/<str:domain>/databases", changes, name="g-changes"),
    path("plain", plain),
    path("found", found),
    path("", include("gasthof.ui.urls")),
    *urls.urlpatterns,  # the frame leads to them
]
handler404, handler500 = urls.handler404, urls.handler500
SHOWN = ("card", "form", "wrong", "question", "question?wrong", "bulk", "bulk?none", "list", "list?search=x%C3%B6", "empty", "parts",
         "changes", "plain", "plain?wrong", "card?acting", "nothing-here")  # fmt: skip
