"""What the customers' MariaDB shows and is told, by its admin socket as root. Names are checked and quoted here."""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from time import monotonic
from typing import Any

import pymysql
from pymysql.constants import CR, ER
from pymysql.cursors import Cursor

from gasthof.agent.sdk.ask import Away
from gasthof.prefix import Prefix
from gasthof.slices.databases.node import patience, places, rights
from gasthof.slices.databases.node.patience import PATIENT, Busy, Slow
from gasthof.slices.databases.node.shown import DatabaseFact, UserFact
from gasthof.slices.databases.rules import NAME
from gasthof.slices.databases.spec import Rights, UserSpec

WAITS = "SET SESSION lock_wait_timeout = 1, innodb_lock_wait_timeout = 1"  # seconds
ANYWHERE = "%"  # the address part of a customer's account; the server listens on loopback only
PLUGIN = "mysql_native_password"
KEPT = {
    "plugin",
    "authentication_string",
    "password_last_changed",
    "account_locked",
    "max_user_connections",
    "access",
    "version_id",
}
OTHER_TABLES = ("tables_priv", "columns_priv", "procs_priv", "roles_mapping", "proxies_priv")
GONE = {ER.NO_SUCH_THREAD}
HELD = {ER.LOCK_WAIT_TIMEOUT, ER.LOCK_DEADLOCK}
LOST = {CR.CR_SERVER_GONE_ERROR, CR.CR_SERVER_LOST, 0}


@contextmanager
def connected(prefix: Prefix, seconds: float = PATIENT) -> Iterator[Cursor]:
    """A cursor of root's, for statements of so many seconds. Away when nobody answers, or no longer; Slow when it takes longer."""
    path, since = places.mariadb_socket(prefix), monotonic()
    patience.check(path, seconds)
    try:
        wire = pymysql.connect(
            unix_socket=str(path), user="root", charset="utf8mb4", autocommit=True, connect_timeout=5,
            read_timeout=seconds, write_timeout=seconds, init_command=WAITS,
        )  # fmt: skip
    except (pymysql.MySQLError, OSError) as error:
        patience.note(path, since)
        raise Away(f"MariaDB does not answer: {error}") from error
    with wire, wire.cursor() as cursor:
        try:
            yield cursor
        except pymysql.MySQLError as error:
            raise (_lost(error) if lost(error) else error) from error


def lost(error: pymysql.MySQLError) -> bool:
    """The session is no more."""
    return isinstance(error, pymysql.InterfaceError) or not error.args or error.args[0] in LOST


def _lost(error: pymysql.MySQLError) -> Away:
    late = isinstance(error.__context__, TimeoutError)
    return Slow(f"MariaDB is slow: {error}") if late else Away(f"MariaDB went away: {error}")


@contextmanager
def judged() -> Iterator[None]:
    """What is wrong with one statement, in words. Busy for what somebody holds."""
    try:
        yield
    except pymysql.MySQLError as error:
        if lost(error):
            raise _lost(error) from error
        if error.args[0] in HELD:
            raise Busy from error
        raise RuntimeError(f"MariaDB: {error.args[-1]}") from error


def name_of(text: str) -> str:
    """Quoted as an identifier. ValueError for what is no customer's name."""
    if not NAME.fullmatch(text):
        raise ValueError(f"no customer's name: {text!r}")
    return f"`{text}`"


def account(name: str, host: str = ANYWHERE) -> str:
    """Quoted. ValueError as above."""
    name_of(name)
    return f"`{name}`@`{host.replace('`', '``')}`"


def databases(cursor: Cursor, names: Sequence[str]) -> dict[str, DatabaseFact]:
    """Those that exist."""
    cursor.execute("SELECT schema_name FROM information_schema.schemata WHERE schema_name IN %s", [tuple(names)])
    return {name: DatabaseFact(exists=True) for (name,) in cursor.fetchall()}


def all_databases(cursor: Cursor) -> list[str]:
    """Of customers."""
    cursor.execute("SHOW DATABASES")
    return [name for (name,) in cursor.fetchall() if NAME.fullmatch(name)]


def all_users(cursor: Cursor) -> list[str]:
    """Names of customers' accounts, whatever their addresses."""
    cursor.execute("SELECT DISTINCT user FROM mysql.global_priv")
    return [name for (name,) in cursor.fetchall() if NAME.fullmatch(name)]


def users(cursor: Cursor, names: Sequence[str]) -> dict[str, UserFact]:
    """Those that exist, in a handful of queries however many they are."""
    if not names:
        return {}
    accounts: dict[str, dict[str, dict[str, Any]]] = defaultdict(dict)
    cursor.execute("SELECT DISTINCT host FROM mysql.global_priv")  # its one index begins with them
    addresses = tuple(host for (host,) in cursor.fetchall())
    query = "SELECT user, host, priv FROM mysql.global_priv WHERE host IN %s AND user IN %s"
    cursor.execute(query, [addresses, tuple(names)])
    for name, host, privileges in cursor.fetchall():
        accounts[name][host] = json.loads(privileges)
    access, odd = _access(cursor, names), _odd(cursor, names)
    return {name: _user(hosts, access[name], odd[name]) for name, hosts in accounts.items()}


def _user(hosts: Mapping[str, Mapping[str, Any]], access: Mapping[str, str], odd: Iterable[str]) -> UserFact:
    found = hosts.get(ANYWHERE, {})
    words = [f"may sign in from {host}" for host in hosts if host != ANYWHERE]
    words += [f"{name} is set" for name in sorted(set(found) - KEPT) if found[name]]
    words += ["has privileges on everything"] if found.get("access") else []
    words += [f"signs in by {found['plugin']}"] if found.get("plugin", PLUGIN) != PLUGIN else []
    return UserFact(
        exists=True,
        verifier=str(found.get("authentication_string", "")),
        locked=bool(found.get("account_locked")),
        connections=int(found.get("max_user_connections", 0)),
        access=access,
        odd=(*words, *_strange(access), *odd),
    )


def _access(cursor: Cursor, names: Sequence[str]) -> Mapping[str, dict[str, str]]:
    """User -> database, or the pattern that names several -> rights."""
    cursor.execute("SELECT * FROM mysql.db WHERE user IN %s", [tuple(names)])
    columns = [about[0] for about in cursor.description or ()]
    found: Mapping[str, dict[str, str]] = defaultdict(dict)
    for row in cursor.fetchall():
        values = dict(zip(columns, row, strict=True))
        held = [name for name, value in values.items() if name.lower().endswith("_priv") and value == "Y"]
        meant = values["Db"].replace("\\_", "_")
        plain = rights.pattern(meant) == values["Db"] and values["Host"] == ANYWHERE
        found[values["User"]][meant if plain else values["Db"]] = rights.rights_of(held) if plain else "a pattern"
    return found


def _strange(access: Mapping[str, str]) -> list[str]:
    return [f"has {each} on {name}" for name, each in access.items() if each not in rights.PRIVILEGES]


def _odd(cursor: Cursor, names: Sequence[str]) -> Mapping[str, list[str]]:
    found: Mapping[str, list[str]] = defaultdict(list)
    for table in OTHER_TABLES:
        cursor.execute(f"SELECT DISTINCT user FROM mysql.{table} WHERE user IN %s", [tuple(names)])  # noqa: S608 - a fixed list
        for (name,) in cursor.fetchall():
            found[name].append(f"has rows in {table}")
    return found


def create_database(cursor: Cursor, name: str) -> None:
    """Nothing to do for one that is there."""
    cursor.execute(f"CREATE DATABASE IF NOT EXISTS {name_of(name)}")


def drop_database(cursor: Cursor, name: str) -> None:
    """With the accounts that are the database's own (dump.py). Who of the subscription's users holds a table of it is sent away."""
    try:
        cursor.execute(f"DROP DATABASE IF EXISTS {name_of(name)}")
    except pymysql.MySQLError as error:
        if error.args[0] in HELD:
            _end(cursor, "user LIKE %s", name.partition("_")[0] + "\\_%")
        raise
    for part in ("full", "dump"):
        cursor.execute(f"DROP USER IF EXISTS `{rights.group(name, part)}`@`127.0.0.1`")


def empty_database(cursor: Cursor, name: str) -> None:
    """Users and their rights stay."""
    cursor.execute(f"DROP DATABASE IF EXISTS {name_of(name)}")
    create_database(cursor, name)


def drop_user(cursor: Cursor, name: str) -> None:
    """All accounts of this name, and their connections."""
    name_of(name)
    cursor.execute("SELECT host FROM mysql.global_priv WHERE user = %s", [name])
    for (host,) in cursor.fetchall():
        cursor.execute(f"DROP USER IF EXISTS {account(name, host)}")
    end_connections(cursor, name)


def set_user(cursor: Cursor, spec: UserSpec, found: UserFact) -> None:
    """Make the account what the spec says. One with something odd is made anew; else what stays is never taken away meanwhile."""
    if found.odd:
        drop_user(cursor, spec.name)
        found = UserFact()
    who = account(spec.name)
    cursor.execute(f"CREATE USER IF NOT EXISTS {who} ACCOUNT LOCK")
    wanted = {one.database: one.rights for one in spec.access}
    for name, each in wanted.items():
        if found.access.get(name) != each:
            _grant(cursor, who, name, each)
    for name in found.access.keys() - wanted.keys():
        cursor.execute(f"REVOKE ALL PRIVILEGES ON {_pattern(name)}.* FROM {who}")
    cursor.execute(
        f"ALTER USER {who.replace('%', '%%')} IDENTIFIED VIA {PLUGIN} USING %s"
        f" WITH MAX_USER_CONNECTIONS %s ACCOUNT {'LOCK' if spec.locked else 'UNLOCK'}",
        [spec.verifier, spec.connections],
    )
    if found.exists and (found.verifier, found.locked, found.access) != (spec.verifier, spec.locked, wanted):
        end_connections(cursor, spec.name)


def _grant(cursor: Cursor, who: str, database: str, each: Rights) -> None:
    """First what is wanted, then what is too much."""
    cursor.execute(f"GRANT {', '.join(rights.PRIVILEGES[each])} ON {_pattern(database)}.* TO {who}")
    if beyond := rights.beyond(each):
        cursor.execute(f"REVOKE {', '.join(beyond)} ON {_pattern(database)}.* FROM {who}")


def _pattern(database: str) -> str:
    name_of(database)
    return f"`{rights.pattern(database)}`"


def end_connections(cursor: Cursor, name: str) -> None:
    """What they had begun is rolled back."""
    _end(cursor, "user = %s", name)


def _end(cursor: Cursor, whose: str, name: str) -> None:
    cursor.execute(f"SELECT id FROM information_schema.processlist WHERE {whose}", [name])  # noqa: S608 - two fixed texts
    for (thread,) in cursor.fetchall():
        try:
            cursor.execute("KILL HARD CONNECTION %s", [thread])
        except pymysql.MySQLError as error:
            if error.args[0] not in GONE:
                raise
