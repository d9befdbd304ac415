"""The part of a file (docs/apply.md) that says which databases there are, and who uses them."""

from collections.abc import Iterable, Iterator
from typing import TypeVar

from gasthof.kernel.refusal import Refused
from gasthof.kernel.sheet import Sheet, Step
from gasthof.slices.databases import rules
from gasthof.slices.databases.models import Database, DatabaseUser
from gasthof.slices.databases.queries import databases_of, users_of
from gasthof.slices.databases.spec import Server
from gasthof.slices.subscriptions.queries import Subscription

Key = tuple[Server, str]  # the server, and the name as the file has it, without the subscription's before it
Row = TypeVar("Row", Database, DatabaseUser)


def apply(sheet: Sheet, subscription: Subscription, prune: bool) -> Iterator[Step]:
    """Hook."""
    there = _by_key(subscription, databases_of(subscription))
    users = _by_key(subscription, users_of(subscription).prefetch_related("grants__database"))
    wanted = sheet.named("databases", lambda raw: _key(subscription, raw))
    made: set[Key] = set()
    for key, inner in wanted:
        if key not in there:
            new = {"subscription": subscription.system_name, "server": key[0], "name": key[1]}
            yield Step("databases.create", new, inner.line)
        whole = there[key].name if key in there else f"{subscription.system_name}_{key[1]}"
        yield from _users(subscription, (key[0], whole), inner, users, made)
    if prune:
        described = {(key[0], name) for key, inner in wanted for name, _ in _described(subscription, inner)}
        for user in _gone(users, described):
            yield Step("databases.remove_user", {"user": user}, sheet.line, removes=True)
        for database in _gone(there, {key for key, _ in wanted}):
            # Late: a user who is given another database meanwhile does not go with this one.
            yield Step("databases.delete", {"database": database}, sheet.line, removes=True, late=True)


def _by_key(subscription: Subscription, rows: Iterable[Row]) -> dict[Key, Row]:
    """Also what an import has brought under another subscription's name: by its whole name, and by what follows that."""
    found: dict[Key, Row] = {}
    for row in rows:
        before, _, own = row.name.partition("_")
        whole: Key = row.server, row.name  # type: ignore[assignment]
        found[whole] = row
        if before == subscription.system_name:
            found[whole[0], own] = row
        else:
            found.setdefault((whole[0], own), row)
    return found


def _users(
    subscription: Subscription, database: Key, inner: Sheet, there: dict[Key, DatabaseUser], made: set[Key]
) -> Iterator[Step]:
    """Of the database of that whole name. A user of several stands below each of them; the first makes it."""
    server, whole = database
    for name, given in _described(subscription, inner):
        user = there.get((server, name))
        if user is None and (server, name) not in made:
            rights = given.differing("databases.add_user", ("rights",), {})
            new = {"database": f"{server}/{whole}", "name": name, "password": given.password()}
            made.add((server, name))
            yield Step("databases.add_user", new | rights, given.line)
            continue
        given.keeps_password()
        told = {"user": user.key if user else f"{server}/{subscription.system_name}_{name}", "database": whole}
        changed = given.differing("databases.change_user", ("rights",), {"rights": _rights(user, whole)})
        if changed or _rights(user, whole) is None:
            yield Step("databases.change_user", {**told, "rights": "full", **changed}, given.line)


def _described(subscription: Subscription, inner: Sheet) -> list[tuple[str, Sheet]]:
    return inner.named("users", lambda raw: rules.own_part(subscription.system_name, str(raw)))


def _rights(user: DatabaseUser | None, database: str) -> str | None:
    return (
        next((grant.rights for grant in user.grants.all() if grant.database.name == database), None) if user else None
    )


def _gone(there: dict[Key, Row], wanted: set[Key]) -> list[str]:
    """Of those that the file does not name, what verbs call them."""
    kept = {there[key].key for key in wanted if key in there}
    return sorted({row.key for row in there.values()} - kept)


def _key(subscription: Subscription, raw: object) -> Key:
    server, slash, name = str(raw).partition("/")
    if not slash or server not in rules.SERVERS:
        raise Refused("A database stands as “mariadb/NAME” or “postgres/NAME”.")
    return server, rules.own_part(subscription.system_name, name)
