"""Pages of mail: mailboxes at a glance, aliases and forwards, what mail programs want to know."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from django.http import Http404, HttpResponse
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from gasthof.kernel.actions import SYSTEM_CLOCKS, Outcome
from gasthof.kernel.keyset import Window
from gasthof.kernel.permissions import Actor, Place
from gasthof.slices.domains.queries import Domain, seen_domain
from gasthof.slices.mail import forms, queries, rules
from gasthof.slices.mail.models import Address, Mailbox, MailDomain
from gasthof.slices.subscriptions.queries import Subscription, seen_subscription
from gasthof.ui.changes import Undo
from gasthof.ui.lists import Column, Empty, Listing, list_page
from gasthof.ui.pages import Question, form_page, posted, question_page
from gasthof.ui.parts import Addresses, Fact, Named, Quota, State
from gasthof.ui.request import PanelRequest
from gasthof.ui.shell import Head, Link, show
from gasthof.ui.sources import Source
from gasthof.ui.standing import below_domain, below_subscription, check, may, reached

READ, WRITE = "mail.read", "mail.write"
MOST_DOMAINS = 200  # to choose from
LONGEST_PUT_BACK = 1_000  # characters of a note
shown_or_sent = require_http_methods(["GET", "HEAD", "POST"])


@dataclass(frozen=True)
class Row:
    """A mailbox as a list shows it."""

    mailbox: Mailbox
    used: int

    @property
    def quota(self) -> Quota:
        return Quota(self.used, self.mailbox.quota_mb * queries.MEBIBYTE, label=_("Disk space"))

    @property
    def forwards(self) -> Addresses:
        """Where to, and whether anything stays."""
        copy = _("with copy") if self.mailbox.keep_copy else _("without copy")
        return Addresses([queries.readable(each) for each in self.mailbox.forward_to], copy)

    @property
    def vacation(self) -> State | None:
        """Whether the out-of-office note answers, or from when."""
        row = self.mailbox
        days, today = (row.vacation_first, row.vacation_last), queries.today(SYSTEM_CLOCKS.wall.now())
        state = rules.vacation_state(row.vacation_on, *days, today)
        first, last = (date_format(day, "SHORT_DATE_FORMAT") if day else "" for day in days)
        until = _("until %(day)s") % {"day": last} if last else _("on")
        words = {"planned": _("from %(day)s") % {"day": first}, "on": until, "over": _("over")}
        return State(words[state], "info" if state == "on" else "", "calendar-clock") if state != "off" else None

    @property
    def aliases(self) -> Addresses:
        return Addresses(sorted(queries.readable(each.address) for each in self.mailbox.aliases.all()))


def _domain(actor: Actor, name: str, permission: str, *, partly: bool = False) -> Domain:
    return reached(actor, seen_domain(name), permission, partly=partly)


def _mailbox(actor: Actor, domain: str, local: str, permission: str) -> Mailbox:
    """Also for whoever may act on that one only."""
    found = seen_domain(domain)
    if found is None:
        raise Http404
    check(actor, permission, queries.place_of(found, local))
    mailbox = Mailbox.objects.filter(domain=found, local=local).prefetch_related("aliases__domain").first()
    if mailbox is None:
        raise Http404
    mailbox.domain = found
    return mailbox


def _address(actor: Actor, domain: Domain, local: str) -> Address:
    address = Address.objects.filter(domain=domain, local=local).select_related("mailbox__domain").first()
    if address is None:
        raise Http404
    return address


def _head(request: PanelRequest, domain: Domain, title: str, *crumbs: Link, **how: Any) -> Head:
    mail = Link(_("Mail"), reverse("mail:domain", args=[domain.name]))
    return below_domain(request, domain, title, mail, *crumbs, **how)


def _tabs(actor: Actor, domain: Domain, current: str) -> tuple[Link, ...]:
    whole = [
        ("addresses", _("Aliases and forwards"), "forward"),
        ("programs", _("Set up a mail program"), "mail-check"),
    ]
    settings = [("catch_all", _("Catch-all"), "mails"), ("switch", _("Mail on or off"), "power")]
    listed = [("domain", _("Mailboxes"), "mail"), *whole, *(settings if may(actor, WRITE, domain.place) else [])]
    return tuple(
        Link(text, reverse(f"mail:{name}", args=[domain.name]), icon, name == current) for name, text, icon in listed
    )


def _crumb(mailbox: Mailbox) -> Link:
    return Link(queries.readable(mailbox.address), _at("mailbox", mailbox))


def _at(route: str, mailbox: Mailbox) -> str:
    return reverse(f"mail:{route}", args=[mailbox.domain.name, mailbox.local])


def _rows(source: Source, subscription: Subscription) -> Any:
    """With what the node measured of those that are shown: one question for all."""

    def rows(actor: Actor, window: Window) -> Sequence[Row]:
        boxes = source.rows(actor, window)
        sizes = queries.bytes_of(subscription, [each.address for each in boxes])
        return [Row(each, sizes[each.address]) for each in boxes]

    return rows


def _source(name: str, within: Place, *related: str) -> Source:
    order = {"": ("domain__unicode", "local")}
    return Source(name, order, within, lambda rows: rows.prefetch_related(*related))


def _mailboxes(within: Place, subscription: Subscription, empty: Empty) -> Listing[Row]:
    source = _source("mailboxes", within, "aliases__domain")
    return Listing(
        name="mailboxes",
        rows=_rows(source, subscription),
        key=lambda row, sort: source.key(row.mailbox, sort),
        columns=(
            Column(
                "address", _("Address"), lambda row: Named(queries.readable(row.mailbox.address), row.mailbox.title)
            ),
            Column("used", _("Used"), lambda row: row.quota),
            Column("forwards", _("Forwards to"), lambda row: row.forwards),
            Column("vacation", _("Away"), lambda row: row.vacation or "–"),
            Column("aliases", _("Aliases"), lambda row: row.aliases),
        ),
        link=lambda row: _at("mailbox", row.mailbox),
        search=_("Search mailboxes"),
        empty=empty,
    )


@require_safe
def of_domain(request: PanelRequest, domain: str) -> HttpResponse:
    """Its mailboxes."""
    found = _domain(request.actor, domain, READ, partly=True)
    add = reverse("mail:add", args=[found.name]) if may(request.actor, WRITE, found.place) else ""
    sentence = _(
        "A mailbox keeps mail for an address of this domain, until a mail program fetches it or it is deleted."
    )
    empty = Empty(_("No mailbox yet"), sentence, _("Add a mailbox"), add, "mail")
    head = _head(
        request, found, _("Mail"), tabs=_tabs(request.actor, found, "domain"),
        action=Link(_("Add a mailbox"), add, "plus") if add else None,
    )  # fmt: skip
    settings = MailDomain.objects.select_related("catch_all").filter(domain=found).first()
    context = {"settings": settings, "domain": found, "subscription": found.subscription}
    listing = _mailboxes(Place(domain=found.name), found.subscription, empty)
    return list_page(request, listing, head, "mail/mailboxes.html", context)


@require_safe
def of_subscription(request: PanelRequest, subscription: str) -> HttpResponse:
    """All mailboxes of its domains."""
    found = reached(request.actor, seen_subscription(subscription), READ, partly=True)
    domains = _writable(request.actor, found, 2)
    add = reverse("mail:add_anywhere", args=[found.system_name]) if domains else ""
    add = reverse("mail:add", args=[domains[0].name]) if len(domains) == 1 else add
    sentence = _("A mailbox belongs to a domain. It keeps mail until a mail program fetches it or it is deleted.")
    listing = _mailboxes(
        Place(subscription=found.number), found, Empty(_("No mailbox yet"), sentence, _("Add a mailbox"), add, "mail")
    )
    action = Link(_("Add a mailbox"), add, "plus") if add else None
    head = below_subscription(request, found, _("Mailboxes"), lead=_taken(found), action=action)
    return list_page(request, listing, head, "mail/mailboxes.html", {"subscription": found})


def _taken(subscription: Subscription) -> str:
    number = queries.mailboxes_of(subscription).count()
    return _("%(number)d of %(limit)d mailboxes that the plan includes.") % {
        "number": number, "limit": subscription.plan.mailboxes,
    }  # fmt: skip


@shown_or_sent
def add(request: PanelRequest, domain: str) -> HttpResponse:
    found = _domain(request.actor, domain, WRITE)
    plan = found.subscription.plan
    form = forms.AddMailbox(posted(request), fixed={"domain": found.name}, initial={"quota_mb": plan.mailbox_mb})
    form.place(found.value.unicode, plan.mailbox_mb)
    back = reverse("mail:domain", args=[found.name])
    return form_page(
        request, form, _head(request, found, _("Add a mailbox")), submit=_("Add mailbox"), to=back, cancel=back,
        message=lambda outcome: _("The mailbox %(name)s was added.") % {"name": outcome.result["mailbox"]},
    )  # fmt: skip


@shown_or_sent
def add_anywhere(request: PanelRequest, subscription: str) -> HttpResponse:
    """In whichever of its domains the reader may."""
    found = reached(request.actor, seen_subscription(subscription), WRITE, partly=True)
    form = forms.AddMailboxAnywhere(posted(request), initial={"quota_mb": found.plan.mailbox_mb})
    form.offer(_writable(request.actor, found), found.plan.mailbox_mb)
    back = reverse("mail:subscription", args=[found.system_name])
    head = below_subscription(request, found, _("Add a mailbox"), Link(_("Mailboxes"), back))
    return form_page(
        request, form, head, submit=_("Add mailbox"), to=back, cancel=back,
        message=lambda outcome: _("The mailbox %(name)s was added.") % {"name": outcome.result["mailbox"]},
    )  # fmt: skip


@require_safe
def mailbox(request: PanelRequest, domain: str, local: str) -> HttpResponse:
    found = _mailbox(request.actor, domain, local, READ)
    where = queries.place_of(found.domain, found.local)
    size = queries.bytes_of(found.domain.subscription, [found.address])[found.address]
    context = {
        "mailbox": found,
        "row": Row(found, size),
        "subscription": found.domain.subscription,
        "aliases": [(queries.readable(each.address), each) for each in found.aliases.all()],
        "forward_to": [queries.readable(each) for each in found.forward_to],
        "may_write": may(request.actor, WRITE, where),
        "may_domain": may(request.actor, WRITE, found.domain.place),
        "facts": _facts(found.domain, found.address),
    }
    return show(
        request,
        "mail/mailbox.html",
        _head(request, found.domain, queries.readable(found.address), lead=found.title),
        context,
    )


def _facts(domain: Domain, user: str) -> list[Fact]:
    """What is typed into Thunderbird, Outlook, or a phone."""
    host, ports = queries.programs(domain)
    encrypted = _("encryption: SSL/TLS")
    return [
        Fact(_("User name"), user or _("the whole address of the mailbox"), copy=bool(user)),
        Fact(_("Incoming server (IMAP)"), host, note=_("port %(port)d, %(how)s") % {"port": ports["imaps"], "how": encrypted}),
        Fact(_("Incoming server (POP3)"), host, note=_("port %(port)d, %(how)s") % {"port": ports["pop3s"], "how": encrypted}),
        Fact(_("Outgoing server (SMTP)"), host, note=_("port %(port)d, %(how)s") % {"port": ports["smtps"], "how": encrypted}
             + "; " + _("or port %(port)d, %(how)s") % {"port": ports["submission"], "how": _("encryption: STARTTLS")}),
        Fact(_("Mail filters (ManageSieve)"), host, note=_("port %(port)d, %(how)s") % {"port": ports["sieve"], "how": _("encryption: STARTTLS")}),
        Fact(_("Password"), _("that of the mailbox, for incoming and outgoing mail"), copy=False),
    ]  # fmt: skip


@require_safe
def programs(request: PanelRequest, domain: str) -> HttpResponse:
    found = _domain(request.actor, domain, READ, partly=True)
    lead = _("What to type into Thunderbird, Outlook, Apple Mail or a phone.")
    head = _head(request, found, _("Set up a mail program"), tabs=_tabs(request.actor, found, "programs"), lead=lead)
    return show(request, "mail/programs.html", head, {"facts": _facts(found, "")})


@shown_or_sent
def change(request: PanelRequest, domain: str, local: str) -> HttpResponse:
    found = _mailbox(request.actor, domain, local, WRITE)
    before = {"quota_mb": found.quota_mb, "title": found.title}
    form = forms.ChangeMailbox(posted(request), fixed={"mailbox": found.address}, initial=before)
    limit = found.domain.subscription.plan.mailbox_mb
    form.fields["quota_mb"].help_text = _("At most %(limit)s MB.") % {"limit": limit}
    return _form(
        request, form, found, _("Change mailbox"), _("The mailbox was changed."),
        undo=lambda _outcome: Undo("mail.change_mailbox", {"mailbox": found.address, **before}),
    )  # fmt: skip


def _form(request: PanelRequest, form: Any, found: Mailbox, title: str, message: str, **how: Any) -> HttpResponse:
    """One of a mailbox' own forms."""
    head = _head(request, found.domain, title, _crumb(found))
    back = _at("mailbox", found)
    return form_page(request, form, head, submit=_("Save"), to=back, cancel=back, message=message, **how)


@shown_or_sent
def password(request: PanelRequest, domain: str, local: str) -> HttpResponse:
    found = _mailbox(request.actor, domain, local, WRITE)
    form = forms.Password(posted(request), fixed={"mailbox": found.address})
    said = _("The password was changed. Mail programs need the new one now.")
    return _form(
        request, form, found, _("Change password of %(name)s") % {"name": queries.readable(found.address)}, said
    )


@shown_or_sent
def forward(request: PanelRequest, domain: str, local: str) -> HttpResponse:
    found = _mailbox(request.actor, domain, local, WRITE)
    before = {"to": [queries.readable(each) for each in found.forward_to], "keep_copy": found.keep_copy}
    form = forms.ForwardMailbox(posted(request), fixed={"mailbox": found.address}, initial=before)
    put_back = {
        "mailbox": found.address,
        "to": ", ".join(found.forward_to),
        "keep_copy": "yes" if found.keep_copy else "no",
    }
    return _form(
        request, form, found, _("Forward mail"), _("Forwarding was changed."),
        undo=lambda _outcome: Undo("mail.forward_mailbox", dict(put_back)),
    )  # fmt: skip


@shown_or_sent
def vacation(request: PanelRequest, domain: str, local: str) -> HttpResponse:
    """The out-of-office note."""
    found = _mailbox(request.actor, domain, local, WRITE)
    before = queries.shown_vacation(found)
    form = forms.SetVacation(posted(request), fixed={"mailbox": found.address}, initial=before)
    if not found.keep_copy:
        form.fields["active"].help_text = _(
            "Nothing is answered as long as the mailbox forwards without keeping a copy."
        )
    return _form(
        request, form, found, _("Out of office"), _("The out-of-office note was changed."),
        undo=lambda outcome: _note_put_back(found, before, outcome.result["vacation"]),
    )  # fmt: skip


def _note_put_back(found: Mailbox, before: Mapping[str, object], after: Mapping[str, object]) -> Undo | None:
    """What was changed, as it was; not what is too long for an address."""
    changed = {name: value for name, value in before.items() if name == "active" or after[name] != value}
    short = len(str(changed.get("text", ""))) <= LONGEST_PUT_BACK
    return Undo("mail.set_vacation", {"mailbox": found.address, **changed}) if short else None


@shown_or_sent
def alias_of(request: PanelRequest, domain: str, local: str) -> HttpResponse:
    """A further address, in any domain of the subscription that the reader may change."""
    found = _mailbox(request.actor, domain, local, WRITE)
    check(request.actor, WRITE, found.domain.place)
    form = forms.AddAlias(posted(request), fixed={"mailbox": found.address}, initial={"domain": found.domain.name})
    field: Any = form.fields["domain"]
    field.choices = [(each.name, f"@{each.value.unicode}") for each in _choices(request.actor, found.domain)]
    return _form(
        request, form, found, _("Add an alias"), _("The alias was added."),
        undo=lambda outcome: Undo("mail.remove_alias", {"alias": outcome.result["alias"]}),
    )  # fmt: skip


def _choices(actor: Actor, domain: Domain) -> list[Domain]:
    """The mailbox' own domain first."""
    return [domain, *(each for each in _writable(actor, domain.subscription) if each != domain)]


def _writable(actor: Actor, subscription: Subscription, most: int = MOST_DOMAINS) -> list[Domain]:
    """Domains in which the reader may add addresses, by name."""
    rows = Domain.objects.filter(subscription=subscription).order_by("unicode").select_related("subscription__customer")
    return list(islice((each for each in rows[:MOST_DOMAINS] if may(actor, WRITE, each.place)), most))


@shown_or_sent
def remove(request: PanelRequest, domain: str, local: str) -> HttpResponse:
    found = _mailbox(request.actor, domain, local, WRITE)
    name, size = queries.readable(found.address), queries.bytes_of(found.domain.subscription, [found.address])
    aliases = len(found.aliases.all())
    goes = [_("%(size)s of mail") % {"size": filesizeformat(size[found.address])}]
    goes += [_("Aliases: %(number)d") % {"number": aliases}] if aliases else []
    sentence = _("All mail in it is deleted. What is sent to it from then on is refused.")
    back = reverse("mail:domain", args=[found.domain.name])
    return question_page(
        request, "mail.remove_mailbox", {"mailbox": found.address},
        _head(request, found.domain, _("Delete the mailbox %(name)s?") % {"name": name}),
        Question(sentence, _("Delete mailbox"), goes),
        to=back, message=_("The mailbox %(name)s was deleted.") % {"name": name}, cancel=_at("mailbox", found),
    )  # fmt: skip


def _sort(row: Address) -> State:
    return State(_("Alias"), "info", "at-sign") if row.mailbox else State(_("Forward"), "", "forward")


def _leads_to(row: Address) -> str:
    targets = [row.mailbox.address] if row.mailbox else row.targets
    return ", ".join(queries.readable(each) for each in targets)


@require_safe
def addresses(request: PanelRequest, domain: str) -> HttpResponse:
    """Aliases of mailboxes, and forwards."""
    found = _domain(request.actor, domain, READ, partly=True)
    writes = may(request.actor, WRITE, found.place)
    add = reverse("mail:add_forward", args=[found.name]) if writes else ""
    sentence = _("A forward passes mail on to other addresses. Aliases are added on the page of their mailbox.")
    route = "mail:change_forward"
    source = _source("addresses", Place(domain=found.name))
    listing: Listing[Address] = Listing(
        name="addresses",
        rows=source.rows,
        key=source.key,
        columns=(
            Column("address", _("Address"), lambda row: queries.readable(row.address)),
            Column("sort", _("Sort"), _sort),
            Column("to", _("Leads to"), _leads_to),
            Column("remove", _("Remove"), lambda row: _removal(row) if writes else ""),
        ),
        link=(lambda row: _at("mailbox", row.mailbox) if row.mailbox else _of(route, row)) if writes else None,
        search=_("Search aliases and forwards"),
        empty=Empty(_("No alias and no forward yet"), sentence, _("Add a forward"), add, "forward"),
    )
    head = _head(
        request, found, _("Aliases and forwards"), tabs=_tabs(request.actor, found, "addresses"),
        action=Link(_("Add a forward"), add, "plus") if add else None,
    )  # fmt: skip
    return list_page(request, listing, head)


def _of(route: str, row: Address) -> str:
    return reverse(route, args=[row.domain.name, row.local])


def _removal(row: Address) -> Link:
    return Link(_("Remove"), _of("mail:remove_address", row))


@shown_or_sent
def add_forward(request: PanelRequest, domain: str) -> HttpResponse:
    found = _domain(request.actor, domain, WRITE)
    form = forms.AddForward(posted(request), fixed={"domain": found.name})
    field: Any = form.fields["name"]
    field.after = f"@{found.value.unicode}"
    back = reverse("mail:addresses", args=[found.name])
    return form_page(
        request, form, _head(request, found, _("Add a forward")), submit=_("Add forward"), to=back, cancel=back,
        message=lambda outcome: _("The forward %(name)s was added.") % {"name": outcome.result["forward"]},
        undo=lambda outcome: Undo("mail.remove_forward", {"forward": outcome.result["forward"]}),
    )  # fmt: skip


@shown_or_sent
def change_forward(request: PanelRequest, domain: str, local: str) -> HttpResponse:
    found = _domain(request.actor, domain, WRITE)
    row = _address(request.actor, found, local)
    if row.mailbox:
        raise Http404
    before = [queries.readable(each) for each in row.targets]
    form = forms.ChangeForward(posted(request), fixed={"forward": row.address}, initial={"to": before})
    back = reverse("mail:addresses", args=[found.name])
    return form_page(
        request, form, _head(request, found, queries.readable(row.address)), submit=_("Save"), to=back, cancel=back,
        message=_("The forward was changed."),
        undo=lambda _outcome: Undo("mail.change_forward", {"forward": row.address, "to": ", ".join(row.targets)}),
    )  # fmt: skip


@shown_or_sent
def remove_address(request: PanelRequest, domain: str, local: str) -> HttpResponse:
    """An alias or a forward; either can be put back."""
    found = _domain(request.actor, domain, WRITE)
    row = _address(request.actor, found, local)
    name, sort = queries.readable(row.address), "alias" if row.mailbox else "forward"
    back = reverse("mail:addresses", args=[found.name])
    again = {"domain": found.name, "name": row.local}
    put_back = again | ({"mailbox": row.mailbox.address} if row.mailbox else {"to": ", ".join(row.targets)})
    sentence = _("What is sent to it from then on is refused.")
    return question_page(
        request, f"mail.remove_{sort}", {sort: row.address}, _head(request, found, _("Remove %(name)s?") % {"name": name}),
        Question(sentence, _("Remove address")), to=back, cancel=back,
        message=_("%(name)s was removed.") % {"name": name},
        undo=lambda _outcome: Undo(f"mail.add_{sort}", dict(put_back)),
    )  # fmt: skip


@shown_or_sent
def catch_all(request: PanelRequest, domain: str) -> HttpResponse:
    found = _domain(request.actor, domain, WRITE)
    settings = MailDomain.objects.select_related("catch_all").get(domain=found)
    before = settings.catch_all.local if settings.catch_all else ""
    form = forms.CatchAll(posted(request), fixed={"domain": found.name}, initial={"name": before})
    names = Mailbox.objects.filter(domain=found).order_by("local").values_list("local", flat=True)
    form.offer(names, found.value.unicode)
    return _setting(request, form, found, "catch_all", _("Catch-all address"), {"name": before})


@shown_or_sent
def switch(request: PanelRequest, domain: str) -> HttpResponse:
    found = _domain(request.actor, domain, WRITE)
    active = MailDomain.objects.get(domain=found).active
    form = forms.SwitchMail(posted(request), fixed={"domain": found.name}, initial={"active": active})
    return _setting(request, form, found, "switch", _("Mail on or off"), {"active": "yes" if active else "no"})


def _setting(
    request: PanelRequest, form: Any, found: Domain, tab: str, title: str, before: dict[str, str]
) -> HttpResponse:
    back = reverse("mail:domain", args=[found.name])
    verb, put_back = form.verb, {"domain": found.name, **before}

    def undo(_outcome: Outcome) -> Undo:
        return Undo(verb, dict(put_back))

    head = _head(request, found, title, tabs=_tabs(request.actor, found, tab))
    return form_page(
        request,
        form,
        head,
        submit=_("Save"),
        to=back,
        cancel=back,
        message=_("The domain’s mail was changed."),
        undo=undo,
    )
