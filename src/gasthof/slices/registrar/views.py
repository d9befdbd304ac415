"""Pages of registered domain names: a customer's, one of them, and what operators look after."""

from collections.abc import Callable

from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from gasthof.kernel.actions import SYSTEM_CLOCKS, Outcome
from gasthof.kernel.permissions import Place
from gasthof.slices.accounts.queries import Customer, seen_customer
from gasthof.slices.registrar import forms, rules, wording
from gasthof.slices.registrar.models import Contact, Operation, Registration
from gasthof.slices.registrar.queries import MANAGE, READ, TROUBLE, WRITE, last_quote, open_operation
from gasthof.ui.lists import Column, Empty, Listing, list_page
from gasthof.ui.pages import Question, bare, form_page, posted, question_page
from gasthof.ui.parts import Fact
from gasthof.ui.performing import perform_to_show
from gasthof.ui.request import PanelRequest
from gasthof.ui.shell import Head, Link, show
from gasthof.ui.sources import Source
from gasthof.ui.standing import below_customer, known, may, permit, reached

shown_or_sent = require_http_methods(["GET", "HEAD", "POST"])
PORTION = 20  # operations on a name's own page


def _account(number: int, request: PanelRequest, permission: str) -> Customer:
    return reached(request.actor, seen_customer(number), permission)


def _found(request: PanelRequest, name: str, permission: str = READ) -> Registration:
    """The latest of that name that the actor may know. Raises Http404, PermissionDenied."""
    listed = {"pk": _latest(name)}
    found: Registration = known(request, "registrations", **listed)
    permit(request, permission, found.place)
    return found


def _latest(name: str) -> int:
    """By A-label; 0: there is none. Whoever asks has yet to see whether the actor may know it."""
    row = Registration.objects.filter(name=name).order_by("-pk").first()
    return row.pk if row else 0


def _at(step: str, registration: Registration) -> str:
    return reverse(f"registrar:{step}", args=[registration.name])


def _list(customer: int) -> Link:
    return Link(_("Domain names"), reverse("registrar:names", args=[customer]))


def _below(request: PanelRequest, registration: Registration, title: str, lead: str = "") -> Head:
    back = Link(str(registration), _at("name", registration))
    return below_customer(request, registration.customer, title, _list(registration.customer_id), back, lead=lead)


@require_safe
def names(request: PanelRequest, customer: int) -> HttpResponse:
    found = _account(customer, request, READ)
    add = reverse("registrar:register", args=[customer])
    source = Source("registrations", {"name": ("unicode", "id")}, Place(customer=customer))
    listing: Listing[Registration] = Listing(
        name="registrations",
        rows=source.rows,
        key=source.key,
        columns=(
            Column("name", _("Domain name"), lambda row: row.unicode, sort=True),
            Column("ends", _("Registered until"), lambda row: wording.shown_day(row.ends), whole=True),
            Column("state", _("State"), wording.standing),
        ),
        link=lambda row: _at("name", row),
        search=_("Search domain names"),
        empty=Empty(
            _("No domain name yet"),
            _("Register a domain name, or bring one along from another registrar."),
            _("Register a domain name"),
            add,
            "globe",
        ),
    )
    writes = may(request.actor, WRITE, found.place)
    action = Link(_("Register a domain name"), add, "plus") if writes else None
    context = {"customer": customer, "writes": writes}
    head = below_customer(request, found, _("Domain names"), action=action)
    return list_page(request, listing, head, "registrar/names.html", context)


@require_safe
def name(request: PanelRequest, name: str) -> HttpResponse:
    found = _found(request, name)
    source = Source(
        "registry_operations", {"": ("id",)}, more=lambda rows: rows.filter(registration=found), newest_first=True
    )
    listing: Listing[Operation] = Listing(
        name="operations",
        rows=source.rows,
        key=source.key,
        columns=(
            Column("when", _("When"), _when, whole=True),
            Column("what", _("What"), lambda row: wording.asked(row.verb)),
            Column("state", _("State"), wording.progress),
            Column("answer", _("Answer of the registry"), lambda row: row.words),
        ),
        empty=Empty(_("Nothing was asked yet"), _("What the registry is asked, and what it answers, stands here.")),
        portion=PORTION,
    )
    head = below_customer(request, found.customer, str(found), _list(found.customer_id))
    return list_page(request, listing, head, "registrar/name.html", _context(request, found))


def _context(request: PanelRequest, registration: Registration) -> dict[str, object]:
    under_way = open_operation(registration)
    idle = registration.state == Registration.HELD and under_way is None
    phase = wording.recourse(registration)
    quote = last_quote(registration) if idle else None
    return {
        "registration": registration,
        "state": wording.standing(registration),
        "facts": _facts(registration),
        "finding": wording.finding(registration),
        "meaning": wording.meaning(registration),
        "under_way": under_way and wording.asked(under_way.verb),
        "renews": idle and phase == "renew",
        "longer": idle and phase == "renew" and _can_be_longer(registration),
        "restores": idle and phase == "restore",
        "quote": wording.euros(quote) if quote else "",
        "writes": idle and may(request.actor, WRITE, registration.place),
        "releases": idle
        and rules.rules_of(registration.name).released
        and may(request.actor, MANAGE, registration.place),
    }


def _can_be_longer(registration: Registration) -> bool:
    """Whether its registry takes a year more."""
    today = SYSTEM_CLOCKS.business.now().date()
    return registration.ends is None or not rules.too_far(rules.years_later(registration.ends, 1), today)


def _facts(registration: Registration) -> list[Fact]:
    coming = wording.coming(registration, SYSTEM_CLOCKS.business.now().date())
    lock = _("protected") if registration.locked else _("not protected")
    said = " · ".join(registration.statuses)
    facts = [
        Fact(_("Registered until"), wording.shown_day(registration.ends), copy=False),
        Fact(_("If nobody does anything"), coming, copy=False),
        Fact(_("Holder"), str(registration.holder), copy=False),
        Fact(_("Against moving away"), lock, copy=False),
        Fact(_("The registry’s words"), said, copy=False),
    ]
    return [fact for fact in facts if fact.value]


def _when(operation: Operation) -> str:
    return date_format(operation.created.astimezone(), "SHORT_DATETIME_FORMAT")


def _new(
    request: PanelRequest, customer: int, sort: type[forms.Register] | type[forms.TransferIn], title: str
) -> HttpResponse:
    found = _account(customer, request, WRITE)
    contacts = list(Contact.objects.filter(customer=found).order_by("pk"))
    if not contacts:
        return _no_contact(request, found, title)
    form = sort(posted(request), fixed={"customer": customer}, initial={"years": 1})
    form.offer(contacts)
    return form_page(
        request, form, below_customer(request, found, title, _list(customer)), submit=title,
        to=lambda outcome: reverse("registrar:name", args=[_ascii(outcome)]),
        cancel=reverse("registrar:names", args=[customer]), message=_on_its_way,
    )  # fmt: skip


def _ascii(outcome: Outcome) -> str:
    return str(outcome.result["ascii"])


def _on_its_way(outcome: Outcome) -> str:
    return _("The registry is being asked about %(name)s.") % {"name": outcome.result["domain"]}


def _no_contact(request: PanelRequest, customer: Customer, title: str) -> HttpResponse:
    to = reverse("registrar:add_contact", args=[customer.number])
    head = below_customer(request, customer, title, _list(customer.number))
    return show(request, "registrar/no_contact.html", head, {"to": to})


@shown_or_sent
def register(request: PanelRequest, customer: int) -> HttpResponse:
    return _new(request, customer, forms.Register, _("Register a domain name"))


@shown_or_sent
def transfer(request: PanelRequest, customer: int) -> HttpResponse:
    return _new(request, customer, forms.TransferIn, _("Take over a domain name"))


@shown_or_sent
def add_contact(request: PanelRequest, customer: int) -> HttpResponse:
    found = _account(customer, request, WRITE)
    return form_page(
        request, forms.AddContact(posted(request), fixed={"customer": customer}),
        below_customer(request, found, _("Add a contact"), _list(customer)), submit=_("Add contact"),
        to=reverse("registrar:register", args=[customer]), cancel=reverse("registrar:names", args=[customer]),
        message=lambda outcome: _("%(name)s can be holder now.") % {"name": outcome.result["name"]},
    )  # fmt: skip


@shown_or_sent
def renew(request: PanelRequest, name: str) -> HttpResponse:
    return _form(request, name, forms.Renew, _("Renew the domain name"), _("Renew"), years=1)


@shown_or_sent
def cancel(request: PanelRequest, name: str) -> HttpResponse:
    found = _found(request, name, WRITE)
    form = forms.Cancel(posted(request), fixed={"registration": found.name})
    title, at = _("Delete %(name)s?") % {"name": found}, _at("name", found)
    head = _below(request, found, title, lead=wording.after_deletion(found.name))
    return form_page(request, form, head, submit=_("Delete domain name"), to=at, cancel=at, message=_on_its_way)


@shown_or_sent
def restore(request: PanelRequest, name: str) -> HttpResponse:
    return _form(request, name, forms.Restore, _("Restore the domain name"), _("Restore at a fee"))


def _form(
    request: PanelRequest,
    name: str,
    sort: Callable[..., forms.Renew | forms.Restore],
    title: str,
    submit: str,
    **initial: object,
) -> HttpResponse:
    found = _found(request, name, WRITE)
    form = sort(posted(request), fixed={"registration": found.name}, initial=initial)
    at = _at("name", found)
    return form_page(request, form, _below(request, found, title), submit=submit, to=at, cancel=at, message=_on_its_way)


def _question(
    request: PanelRequest,
    name: str,
    verb: str,
    title: str,
    question: Question,
    permission: str = WRITE,
    **fields: object,
) -> HttpResponse:
    found = _found(request, name, permission)
    at = _at("name", found)
    return question_page(
        request, f"registrar.{verb}", {"registration": found.name, **fields}, _below(request, found, title), question,
        to=at, cancel=at, message=_on_its_way,
    )  # fmt: skip


@shown_or_sent
def lock(request: PanelRequest, name: str, on: str) -> HttpResponse:
    if on not in ("on", "off"):
        raise Http404
    title = _("Protect against moving away?") if on == "on" else _("Allow it to move away?")
    sentence = (
        _("No other registrar can take the domain name over then.")
        if on == "on"
        else _("Whoever has the authorisation code can then take the domain name over.")
    )
    question = Question(sentence, _("Protect") if on == "on" else _("Allow"), calm=on == "on")
    return _question(request, name, "lock", title, question, on=on)


@shown_or_sent
def new_code(request: PanelRequest, name: str) -> HttpResponse:
    question = Question(_("A former code is worth nothing then."), _("Set new code"))
    return _question(request, name, "new_code", _("Set a new authorisation code?"), question)


@shown_or_sent
def quote(request: PanelRequest, name: str) -> HttpResponse:
    question = Question(_("Asking costs nothing."), _("Ask for the price"), calm=True)
    return _question(request, name, "restore_quote", _("What does it cost to restore it?"), question)


@shown_or_sent
def release(request: PanelRequest, name: str) -> HttpResponse:
    sentence = _("The registry goes on with the holder directly. The domain name is not deleted.")
    question = Question(sentence, _("Give back"))
    return _question(request, name, "release", _("Give it back to the registry?"), question, MANAGE)


@shown_or_sent
def show_code(request: PanelRequest, name: str) -> HttpResponse:
    found = _found(request, name, WRITE)
    at = _at("name", found)
    form = bare("registrar.show_code", posted(request), {"registration": found.name})
    if form.is_bound:
        done = perform_to_show(request, form, at, "")
        if isinstance(done, Outcome):
            return _shown(request, found, str(done.result["code"]))
        if done is not None:
            return done
    sentence = _("Whoever has it can move the domain name to another registrar. That it was shown is recorded.")
    question = Question(sentence, _("Show code"))
    head = _below(request, found, _("Show the authorisation code?"))
    context: dict[str, object] = {"form": form, "question": question, "cancel": at}
    return show(request, "ui/question_page.html", head, context, status=form.status)


def _shown(request: PanelRequest, registration: Registration, code: str) -> HttpResponse:
    """In the answer itself: no address carries it."""
    context = {"facts": [Fact(_("Authorisation code"), code)], "back": _at("name", registration)}
    return show(request, "registrar/code.html", _below(request, registration, _("Authorisation code")), context)


@require_safe
def operations(request: PanelRequest) -> HttpResponse:
    """Those whose outcome nobody knows, and those that were refused."""
    permit(request, MANAGE)
    source = Source(
        "registry_operations", {"": ("id",)}, more=lambda rows: rows.filter(state__in=TROUBLE), newest_first=True
    )
    listing: Listing[Operation] = Listing(
        name="operations",
        rows=source.rows,
        key=source.key,
        columns=(
            Column("name", _("Domain name"), lambda row: str(row.registration)),
            Column("what", _("What"), lambda row: wording.asked(row.verb)),
            Column("state", _("State"), wording.progress),
            Column("answer", _("Answer of the registry"), lambda row: row.words),
            Column("when", _("When"), _when, whole=True),
            Column("again", _("Look again"), _again),
        ),
        link=lambda row: _at("name", row.registration),
        search=_("Search by domain name"),
        empty=Empty(_("All is well"), _("What registries refuse or do not answer stands here."), icon="circle-check"),
    )
    return list_page(request, listing, Head(_("Registry operations")))


def _again(operation: Operation) -> Link | str:
    if operation.state == Operation.REFUSED:
        return ""
    return Link(_("Look now"), reverse("registrar:retry", args=[operation.pk]))


@shown_or_sent
def retry(request: PanelRequest, operation: int) -> HttpResponse:
    permit(request, MANAGE)
    found: Operation = known(request, "registry_operations", pk=operation)
    back = reverse("registrar:operations")
    crumbs = (Link(_("Registry operations"), back),)
    question = Question(
        _("The registry is asked what became of it. It is not done a second time."), _("Look now"), calm=True
    )
    return question_page(
        request, "registrar.retry", {"operation": found.pk}, Head(_("Look into it now?"), crumbs=crumbs), question,
        to=back, cancel=back, message=_("It is being looked into."),
    )  # fmt: skip
