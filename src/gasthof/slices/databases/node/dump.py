"""A database's content into a file and back, by the servers' own clients with the rights that full users of it have.

The clients come in by TCP with a password that is made for the one time. MariaDB's contents belong to an account of the database's
own, NAME.full, which nobody else can use; PostgreSQL's to the role NAME.full. Loading empties first: it may be repeated.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex

from psycopg import sql

from gasthof.prefix import Prefix
from gasthof.slices.databases.node import mariadb, postgres
from gasthof.slices.databases.node.rights import PRIVILEGES, group, pattern
from gasthof.slices.databases.rules import mariadb_verifier
from gasthof.slices.databases.server import tools

LOOPBACK = "127.0.0.1"
POSTGRES_BIN = "/usr/lib/postgresql/15/bin"
LOCK_WAIT = 60.0  # seconds; MariaDB's is in its configuration
READING = ("SELECT", "SHOW VIEW", "TRIGGER", "LOCK TABLES", "EXECUTE")


@dataclass(frozen=True)
class Content:
    save: Callable[[Prefix, str, Path], None]  # a database's name, a file to be made. RuntimeError in the tool's words
    load: Callable[[Prefix, str, Path], None]


def save_mariadb(prefix: Prefix, name: str, out: Path) -> None:
    """One consistent view of InnoDB's tables, with routines, triggers and views."""
    grants = (
        f"GRANT {', '.join(READING)} ON `{pattern(name)}`.* TO {{}}",
        "GRANT SELECT ON mysql.proc TO {}",  # else routines of others would be left out without a word
    )
    command = (
        "--single-transaction",
        "--quick",
        "--routines",
        "--triggers",
        "--hex-blob",
        "--skip-dump-date",
        "--no-tablespaces",
    )
    with _mariadb_guest(prefix, name, "dump", grants, keep=False) as (where, secrets):
        tools.dump(["/usr/bin/mariadb-dump", *where, *command, name], secrets, out)


def load_mariadb(prefix: Prefix, name: str, source: Path) -> None:
    """Nothing of before is left; what acts as its definer acts as NAME.full from then on."""
    grants = (f"GRANT {', '.join(PRIVILEGES['full'])} ON `{pattern(name)}`.* TO {{}}",)
    with mariadb.connected(prefix) as cursor:
        mariadb.empty_database(cursor, name)
    with _mariadb_guest(prefix, name, "full", grants, keep=True) as (where, secrets), source.open("rb") as lines:
        command = ["/usr/bin/mariadb", *where, "--sandbox", "--binary-mode", "--batch", name]
        tools.load(command, secrets, tools.redefined(lines))


@contextmanager
def _mariadb_guest(
    prefix: Prefix, name: str, part: str, grants: tuple[str, ...], *, keep: bool
) -> Iterator[tuple[list[str], Mapping[str, str]]]:
    """Arguments that say where, and the password in the environment; an account that is kept is locked afterwards."""
    mariadb.name_of(name)
    user, password = group(name, part), token_hex(24)
    who = f"`{user}`@`{LOOPBACK}`"
    with mariadb.connected(prefix) as cursor:
        cursor.execute(f"CREATE USER IF NOT EXISTS {who}")
        for grant in grants:
            cursor.execute(grant.format(who))
        alter = f"ALTER USER {who} IDENTIFIED VIA {mariadb.PLUGIN} USING %s ACCOUNT UNLOCK"
        cursor.execute(alter, [mariadb_verifier(password)])
    where = ["--no-defaults", f"--host={LOOPBACK}", f"--port={prefix.ports['mariadb']}", f"--user={user}"]
    try:
        yield [*where, "--default-character-set=utf8mb4", "--max-allowed-packet=64M"], {"MYSQL_PWD": password}
    finally:
        with mariadb.connected(prefix) as cursor:
            cursor.execute(f"ALTER USER {who} ACCOUNT LOCK" if keep else f"DROP USER IF EXISTS {who}")


def save_postgres(prefix: Prefix, name: str, out: Path) -> None:
    """In PostgreSQL's custom format; whose the objects are is settled before: the database's own role's."""
    with postgres.connected(prefix, name) as inside:
        postgres.adopt_all(inside, name)
    with _postgres_guest(prefix, name) as (where, secrets):
        with postgres.connected(prefix, name) as inside:
            inside.execute(postgres.catalog_for(group(name, "dump")))
        options = ("--format=custom", "--no-owner", "--no-acl", "--no-subscriptions", "--no-publications")
        wait = f"--lock-wait-timeout={LOCK_WAIT * 1000:.0f}"
        tools.dump([f"{POSTGRES_BIN}/pg_dump", *where, *options, wait], secrets, out)


def load_postgres(prefix: Prefix, name: str, source: Path) -> None:
    """All of it or nothing, in one transaction; what is in the database is dropped before."""
    with postgres.connected(prefix) as session:
        postgres.empty_database(session, prefix, name)
    options = ("--no-owner", "--no-acl", "--single-transaction", "--exit-on-error")
    with _postgres_guest(prefix, name) as (where, secrets), source.open("rb") as archive:
        command = [f"{POSTGRES_BIN}/pg_restore", *where, f"--role={group(name, 'full')}", *options]
        tools.load(command, secrets, tools.pieces(archive))


@contextmanager
def _postgres_guest(prefix: Prefix, name: str) -> Iterator[tuple[list[str], Mapping[str, str]]]:
    """A role of its own for the time, member of the database's; arguments and the password as above."""
    postgres.name_of(name)
    role, owner, password = group(name, "dump"), group(name, "full"), token_hex(24)
    who = sql.Identifier(role)
    with postgres.connected(prefix) as session:
        if not session.execute("SELECT 1 FROM pg_authid WHERE rolname = %s", [role]).fetchone():
            session.execute(sql.SQL("CREATE ROLE {}").format(who))
        made = session.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256").decode()
        session.execute(sql.SQL("GRANT {} TO {}").format(sql.Identifier(owner), who))
        session.execute(sql.SQL("ALTER ROLE {} LOGIN CONNECTION LIMIT 4 PASSWORD {}").format(who, sql.Literal(made)))
    where = [f"--host={LOOPBACK}", f"--port={prefix.ports['postgres']}", f"--username={role}", f"--dbname={name}"]
    try:
        yield [*where, "--no-password"], {"PGPASSWORD": password}
    finally:
        with postgres.connected(prefix) as session:
            postgres.drop_role(session, prefix, role)


CONTENT: Mapping[str, Content] = {
    "mariadb": Content(save_mariadb, load_mariadb),
    "postgres": Content(save_postgres, load_postgres),
}
