"""The part of a file (docs/apply.md) that says who signs in for the customer, and with which roles."""

from collections.abc import Callable, Iterator, Mapping

from gasthof.kernel.refusal import Refused
from gasthof.kernel.sheet import Sheet, Step
from gasthof.kernel.values import DomainName
from gasthof.slices.access.grants import assignments_of
from gasthof.slices.access.models import Assignment, User
from gasthof.slices.access.values import Email
from gasthof.slices.subscriptions.queries import Subscription

Limited = tuple[str, str, str]  # a role, to what it is limited ("" for nothing), and the key of that

ABOUT = ("name", "language")
LIMITS: Mapping[str, Callable[[object], str]] = {
    "subscription": lambda raw: f"s{str(raw).removeprefix('s'):0>6}",  # number or system name
    "domain": lambda raw: DomainName.parse(raw).ascii,
    "mailbox": Email.parse,
}


def apply(sheet: Sheet, subscription: Subscription, prune: bool) -> Iterator[Step]:
    """Hook. People are the customer's, and may work in other subscriptions too: pruning takes roles from those named, and nobody away."""
    there = {user.email: user for user in User.objects.filter(customer=subscription.customer)}
    for email, inner in sheet.named("users", Email.parse):
        user = there.get(email)
        yield from _person(inner, subscription, email, user)
        has = {_limited(row): row for row in (assignments_of(user) if user else ())}
        roles = inner.get("roles")
        wanted = {_wanted(each): each.line for each in (roles.items() if roles else ())}
        for role, line in wanted.items():
            if role not in has:
                yield Step("access.assign", _given(email, role), line)
        if prune and roles:
            for role in has.keys() - wanted.keys():
                yield Step("access.withdraw", {"assignment": has[role].pk}, inner.line, removes=True)


def _person(inner: Sheet, subscription: Subscription, email: Email, user: User | None) -> Iterator[Step]:
    if user is None:
        new = inner.differing("access.invite", ABOUT, {})
        if "name" not in new:
            raise inner.wrong(Refused("“%(key)s” is needed here.", key="name"))
        yield Step("access.invite", {"customer": subscription.customer.number, "email": email.shown, **new}, inner.line)
    elif changed := inner.differing("access.change_user", ABOUT, {"name": user.name, "language": user.language}):
        yield Step("access.change_user", {"user": email.shown, **changed}, inner.line)


def _wanted(each: Sheet) -> Limited:
    role = each.get("role")
    if role is None:
        raise each.wrong(Refused("“%(key)s” is needed here.", key="role"))
    limits = [(name, given.parsed(parse)) for name, parse in LIMITS.items() if (given := each.get(name))]
    if len(limits) > 1:
        raise each.wrong(Refused("A role is limited to one of these at most."))
    each.check()
    limit, key = limits[0] if limits else ("", "")
    return str(role.value()), limit, str(key)


def _limited(row: Assignment) -> Limited:
    limits: Mapping[str, str] = {
        "subscription": f"s{row.subscription:06d}" if row.subscription else "",
        "domain": row.domain,
        "mailbox": row.mailbox,
    }
    limit = next((name for name, key in limits.items() if key), "")
    return row.role_name, limit, limits.get(limit, "")


def _given(email: Email, role: Limited) -> dict[str, object]:
    name, limit, key = role
    return {"user": email.shown, "role": name, **({limit: key} if limit else {})}
