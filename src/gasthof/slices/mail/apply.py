"""The part of a file (docs/apply.md) that says which addresses a domain has."""

from collections.abc import Iterator

from gasthof.kernel.fields import switch
from gasthof.kernel.refusal import Refused
from gasthof.kernel.sheet import Sheet, Step
from gasthof.kernel.values import DomainName
from gasthof.slices.domains.queries import described
from gasthof.slices.mail import rules
from gasthof.slices.mail.models import Address, Mailbox, MailDomain
from gasthof.slices.mail.queries import addresses_of, mailboxes_of
from gasthof.slices.mail.values import MailAddress, Targets
from gasthof.slices.subscriptions.queries import Subscription


def apply(sheet: Sheet, subscription: Subscription, prune: bool) -> Iterator[Step]:
    """Hook."""
    boxes = {box.address: box for box in mailboxes_of(subscription)}
    addresses = {row.address: row for row in addresses_of(subscription).select_related("mailbox__domain")}
    rows = MailDomain.objects.filter(domain__subscription=subscription).select_related("domain", "catch_all")
    there = {row.domain.name: row for row in rows}
    for name, inner in described(sheet):
        given = inner.get("mail")
        if given is not None:
            part = _Part(name, given, prune)
            yield from part.boxes(boxes)
            yield from part.addresses(addresses)
            yield from part.domain(there.get(name.ascii))


class _Part:
    """What a file says of one domain's mail."""

    def __init__(self, name: DomainName, given: Sheet, prune: bool) -> None:
        self.name, self.given, self.prune = name, given, prune

    def boxes(self, there: dict[str, Mailbox]) -> Iterator[Step]:
        wanted = self.given.named("mailboxes", _local)
        for local, inner in wanted:
            yield from self._box(local, inner, there.get(f"{local}@{self.name.ascii}"))
        yield from self._gone(there, [local for local, _ in wanted], "mail.remove_mailbox", "mailbox")

    def _box(self, local: str, inner: Sheet, row: Mailbox | None) -> Iterator[Step]:
        named = {"mailbox": f"{local}@{self.name.unicode}"}
        now = {"title": row.title, "quota_mb": row.quota_mb} if row else {}
        changed = inner.differing("mail.change_mailbox", ("title", "quota_mb"), now)
        if row is None:
            new = {"domain": self.name.unicode, "name": local, "password": inner.password(), **changed}
            yield Step("mail.add_mailbox", new, inner.line)
        else:
            inner.keeps_password()
            if changed:
                yield Step("mail.change_mailbox", named | changed, inner.line)
        yield from _forwarding(named, inner, row)

    def addresses(self, there: dict[str, Address]) -> Iterator[Step]:
        aliases, forwards = self.given.named("aliases", _local), self.given.named("forwards", _local)
        for local, inner in aliases:
            yield from self._alias(local, inner, there.get(f"{local}@{self.name.ascii}"))
        for local, inner in forwards:
            yield from self._forward(local, inner, there.get(f"{local}@{self.name.ascii}"))
        rows = {address: row for address, row in there.items() if row.mailbox}
        yield from self._gone(rows, [local for local, _ in aliases], "mail.remove_alias", "alias")
        rows = {address: row for address, row in there.items() if not row.mailbox}
        yield from self._gone(rows, [local for local, _ in forwards], "mail.remove_forward", "forward")

    def _alias(self, local: str, inner: Sheet, row: Address | None) -> Iterator[Step]:
        """Its mailbox, by the part before the @ if it is this domain's."""
        mailbox = inner.parsed(lambda raw: MailAddress.parse(raw if "@" in str(raw) else f"{raw}@{self.name.ascii}"))
        new = {"domain": self.name.unicode, "name": local, "mailbox": str(mailbox)}
        if row is not None and row.mailbox and row.mailbox.address == mailbox:
            return
        yield from self._in_place_of(row, local, inner)
        yield Step("mail.add_alias", new, inner.line)

    def _forward(self, local: str, inner: Sheet, row: Address | None) -> Iterator[Step]:
        to = list(inner.parsed(Targets.parse))
        if row is not None and not row.mailbox:
            if list(row.targets) != to:
                yield Step("mail.change_forward", {"forward": f"{local}@{self.name.unicode}", "to": to}, inner.line)
            return
        yield from self._in_place_of(row, local, inner)
        yield Step("mail.add_forward", {"domain": self.name.unicode, "name": local, "to": to}, inner.line)

    def _in_place_of(self, row: Address | None, local: str, inner: Sheet) -> Iterator[Step]:
        if row is not None:
            verb, field = ("mail.remove_alias", "alias") if row.mailbox else ("mail.remove_forward", "forward")
            yield Step(verb, {field: f"{local}@{self.name.unicode}"}, inner.line)

    def domain(self, row: MailDomain | None) -> Iterator[Step]:
        now = {"active": row.active} if row else {}
        changed = self.given.differing("mail.switch", ("active",), now)
        if changed:
            yield Step("mail.switch", {"domain": self.name.unicode, **changed}, self.given.line)
        given = self.given.get("catch_all")
        if given is None:
            return
        local = given.parsed(lambda raw: _local(raw) if raw else "")
        if local != (row.catch_all.local if row and row.catch_all else ""):
            yield Step("mail.set_catch_all", {"domain": self.name.unicode, "name": local}, given.line)

    def _gone(
        self, there: dict[str, Mailbox] | dict[str, Address], kept: list[str], verb: str, field: str
    ) -> Iterator[Step]:
        for address in sorted(there) if self.prune else ():
            local, _, domain = address.rpartition("@")
            if domain == self.name.ascii and local not in kept:
                yield Step(verb, {field: f"{local}@{self.name.unicode}"}, self.given.line, removes=True)


def _forwarding(named: dict[str, str], inner: Sheet, row: Mailbox | None) -> Iterator[Step]:
    """Where a mailbox passes on to, and whether it keeps a copy."""
    now: dict[str, object] = (
        {"to": list(row.forward_to), "keep_copy": row.keep_copy} if row else {"to": [], "keep_copy": True}
    )
    to, copy = inner.get("forward_to"), inner.get("keep_copy")
    if to is None:
        if copy is not None:
            raise copy.wrong(Refused("“%(key)s” is needed here.", key="forward_to"))
        return
    wanted = {"to": list(to.parsed(Targets.parse)), "keep_copy": copy.parsed(switch) if copy else True}
    if wanted["to"] != now["to"] or (wanted["to"] and wanted["keep_copy"] != now["keep_copy"]):
        yield Step("mail.forward_mailbox", named | wanted, to.line)


def _local(raw: object) -> str:
    return rules.check_local(str(raw))
