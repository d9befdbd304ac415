"""Whom a plan may ask about databases: the two servers. A verb's arguments are done one by one; each may fail alone, or
have to be asked for again.

create_database, drop_database, drop_user: the name. set_user: the UserSpec as JSON. All may be asked again at any time.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import msgspec
from pymysql.cursors import Cursor

from gasthof.agent.sdk.ask import Reply
from gasthof.prefix import Prefix
from gasthof.slices.databases.node import mariadb, postgres
from gasthof.slices.databases.node.patience import QUICK, Busy, in_turn
from gasthof.slices.databases.node.plan import differences
from gasthof.slices.databases.node.shown import UserFact
from gasthof.slices.databases.rules import NAME
from gasthof.slices.databases.spec import UserSpec


@dataclass(frozen=True)
class MariaDb:
    prefix: Prefix
    late: set[str] = field(default_factory=set)

    def ask(self, verb: str, arguments: Sequence[str]) -> Mapping[str, Reply]:
        if verb == "set_user":
            return self._set_users(arguments)
        acts: Mapping[str, Callable[[Cursor, str], None]] = {
            "create_database": mariadb.create_database,
            "drop_database": mariadb.drop_database,
            "drop_user": mariadb.drop_user,
        }
        return self._in_turn(acts[verb], arguments)

    def _set_users(self, arguments: Sequence[str]) -> Mapping[str, Reply]:
        specs = _specs(arguments)
        found = self._found(specs)
        replies = self._in_turn(
            lambda cursor, one: mariadb.set_user(cursor, specs[one], _known(found, specs[one])), arguments
        )
        return _confirmed(specs, self._found(specs), replies)

    def _found(self, specs: Mapping[str, UserSpec]) -> Mapping[str, UserFact]:
        with mariadb.connected(self.prefix, QUICK) as cursor:
            return mariadb.users(cursor, _names(specs))

    def _in_turn(self, act: Callable[[Cursor, str], None], arguments: Sequence[str]) -> dict[str, Reply]:
        def guarded(cursor: Cursor, argument: str) -> None:
            with mariadb.judged():
                act(cursor, argument)

        return in_turn(lambda: mariadb.connected(self.prefix, QUICK), guarded, arguments, self.late)


@dataclass(frozen=True)
class Postgres:
    prefix: Prefix
    late: set[str] = field(default_factory=set)
    awaited: set[str] = field(default_factory=set)  # databases that were asked for and are not made yet

    def ask(self, verb: str, arguments: Sequence[str]) -> Mapping[str, Reply]:
        if verb == "set_user":
            return self._set_users(arguments)
        acts: Mapping[str, Callable[[postgres.Session, Prefix, str], None]] = {
            "create_database": postgres.create_database,
            "drop_database": postgres.drop_database,
            "drop_user": postgres.drop_user,
        }
        replies = self._in_turn(lambda session, name: acts[verb](session, self.prefix, name), arguments)
        self.awaited.difference_update(arguments)
        if verb == "create_database":
            self.awaited.update(one for one, reply in replies.items() if reply.working)
        return replies

    def _set_users(self, arguments: Sequence[str]) -> Mapping[str, Reply]:
        specs = _specs(arguments)
        found = self._found(specs)

        def act(session: postgres.Session, one: str) -> None:
            if self.awaited & {access.database for access in specs[one].access}:
                raise Busy("its database is still being made")
            postgres.set_user(session, specs[one], _known(found, specs[one]))

        replies = self._in_turn(act, arguments)
        return _confirmed(specs, self._found(specs), replies)

    def _found(self, specs: Mapping[str, UserSpec]) -> Mapping[str, UserFact]:
        with postgres.connected(self.prefix, seconds=QUICK) as session:
            return postgres.users(session, _names(specs))

    def _in_turn(self, act: Callable[[postgres.Session, str], None], arguments: Sequence[str]) -> dict[str, Reply]:
        def guarded(session: postgres.Session, argument: str) -> None:
            with postgres.judged(session):
                act(session, argument)

        return in_turn(lambda: postgres.connected(self.prefix, seconds=QUICK), guarded, arguments, self.late)


SERVICES: Mapping[str, Callable[[Prefix], MariaDb | Postgres]] = {"mariadb": MariaDb, "postgres": Postgres}


def _specs(arguments: Sequence[str]) -> dict[str, UserSpec]:
    return {one: msgspec.json.decode(one, type=UserSpec) for one in arguments}


def _names(specs: Mapping[str, UserSpec]) -> list[str]:
    return [spec.name for spec in specs.values() if NAME.fullmatch(spec.name)]


def _known(found: Mapping[str, UserFact], spec: UserSpec) -> UserFact:
    return found.get(spec.name, UserFact())


def _confirmed(
    specs: Mapping[str, UserSpec], found: Mapping[str, UserFact], replies: Mapping[str, Reply]
) -> Mapping[str, Reply]:
    """What was done is looked at once more, all users in one go."""
    wrong = {one: differences(spec, _known(found, spec)) for one, spec in specs.items()}
    return {
        one: Reply(error="; ".join(wrong[one])) if wrong[one] and not (reply.error or reply.working) else reply
        for one, reply in replies.items()
    }
