"""The part of a file (docs/apply.md) that says which databases there are, and who uses them."""

from collections.abc import Iterator

from gasthof.kernel.refusal import Refused
from gasthof.kernel.sheet import Sheet, Step
from gasthof.slices.databases import rules
from gasthof.slices.databases.models import DatabaseUser
from gasthof.slices.databases.queries import databases_of, users_of
from gasthof.slices.databases.spec import Server
from gasthof.slices.subscriptions.queries import Subscription

Key = tuple[Server, str]  # the server, and the name without the subscription's before it


def apply(sheet: Sheet, subscription: Subscription, prune: bool) -> Iterator[Step]:
    """Hook."""
    own = len(f"{subscription.system_name}_")
    there = {(row.server, row.name[own:]) for row in databases_of(subscription)}
    users = {(row.server, row.name[own:]): row for row in users_of(subscription).prefetch_related("grants__database")}
    wanted = sheet.named("databases", lambda raw: _key(subscription, raw))
    made: set[Key] = set()
    for key, inner in wanted:
        if key not in there:
            new = {"subscription": subscription.system_name, "server": key[0], "name": key[1]}
            yield Step("databases.create", new, inner.line)
        yield from _users(subscription, key, inner, users, made)
    if prune:
        yield from _gone(sheet, subscription, users, wanted)
        for server, name in sorted(there - {key for key, _ in wanted}):
            database = f"{server}/{subscription.system_name}_{name}"
            # Late: a user who is given another database meanwhile does not go with this one.
            yield Step("databases.delete", {"database": database}, sheet.line, removes=True, late=True)


def _users(
    subscription: Subscription, key: Key, inner: Sheet, there: dict[tuple[str, str], DatabaseUser], made: set[Key]
) -> Iterator[Step]:
    """A user of several databases stands below each of them; the first makes it."""
    server, database = key
    for name, given in _described(subscription, inner):
        user = there.get((server, name))
        whole = {"user": f"{server}/{subscription.system_name}_{name}", "database": database}
        if user is None and (server, name) not in made:
            rights = given.differing("databases.add_user", ("rights",), {})
            new = {
                "database": f"{server}/{subscription.system_name}_{database}",
                "name": name,
                "password": given.password(),
            }
            made.add((server, name))
            yield Step("databases.add_user", new | rights, given.line)
            continue
        given.keeps_password()
        changed = given.differing(
            "databases.change_user", ("rights",), {"rights": _rights(user, subscription, database)}
        )
        if changed or _rights(user, subscription, database) is None:
            yield Step("databases.change_user", {**whole, "rights": "full", **changed}, given.line)


def _described(subscription: Subscription, inner: Sheet) -> list[tuple[str, Sheet]]:
    return inner.named("users", lambda raw: rules.own_part(subscription.system_name, str(raw)))


def _rights(user: DatabaseUser | None, subscription: Subscription, database: str) -> str | None:
    whole = f"{subscription.system_name}_{database}"
    return next((grant.rights for grant in user.grants.all() if grant.database.name == whole), None) if user else None


def _gone(
    sheet: Sheet,
    subscription: Subscription,
    there: dict[tuple[str, str], DatabaseUser],
    wanted: list[tuple[Key, Sheet]],
) -> Iterator[Step]:
    kept = {(key[0], name) for key, inner in wanted for name, _ in _described(subscription, inner)}
    for server, name in sorted(there.keys() - kept):
        user = f"{server}/{subscription.system_name}_{name}"
        yield Step("databases.remove_user", {"user": user}, sheet.line, removes=True)


def _key(subscription: Subscription, raw: object) -> Key:
    server, slash, name = str(raw).partition("/")
    if not slash or server not in rules.SERVERS:
        raise Refused("A database stands as “mariadb/NAME” or “postgres/NAME”.")
    return server, rules.own_part(subscription.system_name, name)
