"""Whom a plan may ask about databases: the two servers. A verb's arguments are done one by one; each may fail alone.

create_database, drop_database, drop_user: the name. set_user: the UserSpec as JSON. All may be asked again at any time.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import msgspec
import psycopg
import pymysql
from pymysql.cursors import Cursor

from gasthof.agent.sdk.ask import Reply
from gasthof.prefix import Prefix
from gasthof.slices.databases.node import mariadb, postgres
from gasthof.slices.databases.node.plan import differences
from gasthof.slices.databases.node.shown import UserFact
from gasthof.slices.databases.rules import NAME
from gasthof.slices.databases.spec import UserSpec

Act = Callable[[str], None]


@dataclass(frozen=True)
class MariaDb:
    prefix: Prefix

    def ask(self, verb: str, arguments: Sequence[str]) -> Mapping[str, Reply]:
        with mariadb.connected(self.prefix) as cursor:
            if verb == "set_user":
                return self._set_users(cursor, arguments)
            acts: Mapping[str, Act] = {
                "create_database": lambda name: mariadb.create_database(cursor, name),
                "drop_database": lambda name: mariadb.drop_database(cursor, name),
                "drop_user": lambda name: mariadb.drop_user(cursor, name),
            }
            return {one: self._reply(acts[verb], one) for one in arguments}

    def _set_users(self, cursor: Cursor, arguments: Sequence[str]) -> Mapping[str, Reply]:
        specs = _specs(arguments)
        found = mariadb.users(cursor, _names(specs))
        replies = {
            one: self._reply(lambda one: mariadb.set_user(cursor, specs[one], _known(found, specs[one])), one)
            for one in arguments
        }
        return _confirmed(specs, mariadb.users(cursor, _names(specs)), replies)

    @staticmethod
    def _reply(act: Act, argument: str) -> Reply:
        try:
            act(argument)
        except pymysql.MySQLError as error:
            if not error.args or error.args[0] in mariadb.LOST:
                raise
            return Reply(error=f"MariaDB: {error.args[-1] if error.args else error!r}")
        except ValueError as error:
            return Reply(error=str(error))
        return Reply()


@dataclass(frozen=True)
class Postgres:
    prefix: Prefix

    def ask(self, verb: str, arguments: Sequence[str]) -> Mapping[str, Reply]:
        with postgres.connected(self.prefix) as session:
            if verb == "set_user":
                return self._set_users(session, arguments)
            acts: Mapping[str, Act] = {
                "create_database": lambda name: postgres.create_database(session, self.prefix, name),
                "drop_database": lambda name: postgres.drop_database(session, self.prefix, name),
                "drop_user": lambda name: postgres.drop_user(session, self.prefix, name),
            }
            return {one: self._reply(session, acts[verb], one) for one in arguments}

    def _set_users(self, session: postgres.Session, arguments: Sequence[str]) -> Mapping[str, Reply]:
        specs = _specs(arguments)
        found = postgres.users(session, _names(specs))
        replies = {
            one: self._reply(
                session, lambda one: postgres.set_user(session, specs[one], _known(found, specs[one])), one
            )
            for one in arguments
        }
        return _confirmed(specs, postgres.users(session, _names(specs)), replies)

    @staticmethod
    def _reply(session: postgres.Session, act: Act, argument: str) -> Reply:
        try:
            act(argument)
        except psycopg.Error as error:
            if session.broken:
                raise
            return Reply(error=f"PostgreSQL: {error}")
        except ValueError as error:
            return Reply(error=str(error))
        return Reply()


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
        one: Reply(error="; ".join(wrong[one])) if wrong[one] and not reply.error else reply
        for one, reply in replies.items()
    }
