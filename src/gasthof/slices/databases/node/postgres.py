"""What the customers' PostgreSQL shows and is told, by its unix socket as the superuser."""

from collections.abc import Sequence
from itertools import compress

from psycopg import sql

from gasthof.prefix import Prefix
from gasthof.slices.databases.node import guard, rights
from gasthof.slices.databases.node.config import ADMIN
from gasthof.slices.databases.node.shown import DatabaseFact, UserFact
from gasthof.slices.databases.node.superuser import Session, connected, judged
from gasthof.slices.databases.rules import NAME, RIGHTS
from gasthof.slices.databases.spec import UserSpec

__all__ = ["Session", "connected", "judged"]

CONNECTIONS = 40  # to one database
LETTERS = {"full": "CONNECT CREATE TEMPORARY", "data": "CONNECT TEMPORARY", "read": "CONNECT TEMPORARY"}


def name_of(text: str) -> sql.Identifier:
    """ValueError for what is no customer's name."""
    if not NAME.fullmatch(text):
        raise ValueError(f"no customer's name: {text!r}")
    return sql.Identifier(text)


DATABASES = """
SELECT d.datname, d.datconnlimit, shobj_description(d.oid, 'pg_database'), pg_get_userbyid(d.datdba), d.datallowconn, d.datistemplate,
    ARRAY(SELECT coalesce(nullif(a.grantee, 0)::regrole::text, 'PUBLIC') || ' ' || string_agg(a.privilege_type, ' ' ORDER BY a.privilege_type)
          FROM aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) a WHERE a.grantee <> d.datdba GROUP BY a.grantee)
FROM pg_database d WHERE d.datname = ANY(%s)
"""


def databases(session: Session, names: Sequence[str]) -> dict[str, DatabaseFact]:
    """Those that exist, or of which a role is left."""
    groups = [rights.group(name, each) for name in names for each in RIGHTS]
    roles = {
        str(name) for (name,) in session.execute("SELECT rolname FROM pg_authid WHERE rolname = ANY(%s)", [groups])
    }
    found = {name: DatabaseFact(True, ("it is missing",)) for name in names if _groups(name) & roles}
    for name, limit, mark, owner, *flags, grants in session.execute(DATABASES, [list(names)]):
        odd = [] if (limit, mark, owner) == (CONNECTIONS, guard.MARK, ADMIN) else ["it was not finished, or changed"]
        odd += [] if flags == [True, False] else ["it is closed, or a template"]
        odd += [f"open to {one}" for one in sorted(set(grants) ^ _grants(str(name)))]  # type: ignore[call-overload]
        odd += [f"the role {one} is missing" for one in sorted(_groups(str(name)) - roles)]
        found[str(name)] = DatabaseFact(True, tuple(odd))
    return found


def _groups(database: str) -> set[str]:
    return {rights.group(database, each) for each in RIGHTS}


def _grants(database: str) -> set[str]:
    return {f'"{rights.group(database, each)}" {LETTERS[each]}' for each in RIGHTS}


def all_databases(session: Session) -> set[str]:
    """Of customers; also those of which only a role is left."""
    query = "SELECT datname FROM pg_database UNION SELECT split_part(rolname, '.', 1) FROM pg_authid WHERE rolname LIKE '%.%'"
    return {str(name) for (name,) in session.execute(query) if NAME.fullmatch(str(name))}


def all_users(session: Session) -> list[str]:
    return [str(name) for (name,) in session.execute("SELECT rolname FROM pg_authid") if NAME.fullmatch(str(name))]


def sizes(session: Session, names: Sequence[str]) -> dict[str, int]:
    """Bytes on disk of those that exist."""
    query = "SELECT datname, pg_database_size(oid) FROM pg_database WHERE datname = ANY(%s)"
    return {str(name): int(str(size)) for name, size in session.execute(query, [list(names)])}


def create_database(session: Session, prefix: Prefix, name: str) -> None:
    """Made, guarded, opened; what an earlier attempt left half done is finished."""
    who = name_of(name)
    have = {
        str(one)
        for (one,) in session.execute("SELECT rolname FROM pg_authid WHERE rolname = ANY(%s)", [sorted(_groups(name))])
    }
    for role in sorted(_groups(name)):
        verb = "ALTER" if role in have else "CREATE"
        session.execute(sql.SQL("{} ROLE {} NOLOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS").format(
            sql.SQL(verb), sql.Identifier(role)))  # fmt: skip
    if not session.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
        session.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0 CONNECTION LIMIT 0").format(who))
    alter = sql.SQL("ALTER DATABASE {} OWNER TO {}; ALTER DATABASE {} ALLOW_CONNECTIONS true IS_TEMPLATE false")
    session.execute(alter.format(who, sql.Identifier(ADMIN), who))
    _forget_grants(session, name)
    with connected(prefix, name, session.seconds) as inside, inside.transaction():
        for statement in guard.statements(name):
            inside.execute(statement)
    session.execute(sql.SQL("ALTER DATABASE {} CONNECTION LIMIT {}").format(who, sql.Literal(CONNECTIONS)))
    session.execute(sql.SQL("COMMENT ON DATABASE {} IS {}").format(who, sql.Literal(guard.MARK)))


def _forget_grants(session: Session, name: str) -> None:
    """To roles that have no business there."""
    query = """SELECT DISTINCT r.rolname FROM pg_database d, aclexplode(d.datacl) a JOIN pg_authid r ON r.oid = a.grantee
        WHERE d.datname = %s AND a.grantee <> d.datdba AND NOT r.rolname = ANY(%s)"""
    for (role,) in session.execute(query, [name, sorted(_groups(name))]).fetchall():
        session.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM {}").format(name_of(name), sql.Identifier(str(role))))


def drop_database(session: Session, prefix: Prefix, name: str) -> None:
    """With its connections and its roles."""
    session.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name_of(name)))
    for role in sorted({*_groups(name), rights.group(name, "dump")}):
        drop_role(session, prefix, role)


def empty_database(session: Session, prefix: Prefix, name: str) -> None:
    """All that is in it goes; users and their rights stay."""
    owner = sql.Identifier(rights.group(name, "full"))
    with connected(prefix, name, session.seconds) as inside:
        adopt_all(inside, name)
        inside.execute(sql.SQL("DROP OWNED BY {} CASCADE").format(owner))
    create_database(session, prefix, name)


def adopt_all(inside: Session, name: str) -> None:
    """What users made as themselves becomes the database's own role's."""
    owner = rights.group(name, "full")
    query = """SELECT DISTINCT r.rolname FROM pg_shdepend s JOIN pg_database d ON d.oid = s.dbid AND d.datname = current_database()
        JOIN pg_authid r ON s.refclassid = 'pg_authid'::regclass AND r.oid = s.refobjid
        WHERE s.deptype = 'o' AND r.oid >= 16384 AND r.rolname <> %s"""
    for (role,) in inside.execute(query, [owner]).fetchall():
        names = sql.Identifier(str(role)), sql.Identifier(owner)
        inside.execute(sql.SQL("REASSIGN OWNED BY {} TO {}").format(*names))


def catalog_for(role: str) -> sql.Composed:
    """What the guard hides and pg_dump reads, for this role in this database."""
    hidden = "pg_database, pg_db_role_setting, pg_shdescription, pg_shseclabel"
    return sql.SQL(f"GRANT SELECT ON {hidden} TO {{}}").format(sql.Identifier(role))


def drop_user(session: Session, prefix: Prefix, name: str) -> None:
    """The connections end; what the user made belongs to the database's own role from then on."""
    name_of(name)
    if session.execute("SELECT 1 FROM pg_authid WHERE rolname = %s", [name]).fetchone():
        end_connections(session, name)  # first: one that changes its own role just now would hold this up
        session.execute(sql.SQL("ALTER ROLE {} NOLOGIN").format(name_of(name)))
        end_connections(session, name)
        drop_role(session, prefix, name)


def drop_role(session: Session, prefix: Prefix, role: str) -> None:
    """From each database that knows it, then altogether."""
    query = """SELECT d.datname FROM pg_shdepend s JOIN pg_authid r ON s.refclassid = 'pg_authid'::regclass AND s.refobjid = r.oid
        JOIN pg_database d ON d.oid IN (s.dbid, CASE WHEN s.classid = 'pg_database'::regclass THEN s.objid END)
        WHERE r.rolname = %s GROUP BY d.datname"""
    who = sql.Identifier(role)
    for (database,) in session.execute(query, [role]).fetchall():
        heir = rights.group(str(database), "full") if NAME.fullmatch(str(database)) else ADMIN
        hand_over = sql.SQL("REASSIGN OWNED BY {} TO {};").format(who, sql.Identifier(heir))
        with connected(
            prefix, str(database), session.seconds
        ) as inside:  # one text: it is carried on when nobody waits any more
            inside.execute((hand_over if role != heir else sql.SQL("")) + sql.SQL("DROP OWNED BY {}").format(who))
    session.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(who))


POWERS = ("may do everything", "makes roles", "makes databases", "replicates", "passes row rules", "inherits nothing")
USERS = """
SELECT r.rolname, r.rolcanlogin, coalesce(r.rolpassword, ''), r.rolconnlimit,
    ARRAY[r.rolsuper, r.rolcreaterole, r.rolcreatedb, r.rolreplication, r.rolbypassrls, NOT r.rolinherit],
    r.rolvaliduntil IS NOT NULL AND r.rolvaliduntil <> 'infinity',
    ARRAY(SELECT g.rolname::text || CASE WHEN m.admin_option THEN ' with admin option' ELSE '' END
          FROM pg_auth_members m JOIN pg_authid g ON g.oid = m.roleid WHERE m.member = r.oid),
    ARRAY(SELECT d.datname::text FROM pg_db_role_setting s JOIN pg_database d ON d.oid = s.setdatabase
          WHERE s.setrole = r.oid AND 'role=' || d.datname || '.full' = ANY(s.setconfig)),
    ARRAY(SELECT o.rolname::text FROM pg_auth_members m JOIN pg_authid o ON o.oid = m.member WHERE m.roleid = r.oid)
FROM pg_authid r WHERE r.rolname = ANY(%s)
"""


def users(session: Session, names: Sequence[str]) -> dict[str, UserFact]:
    """Those that exist, in one query however many they are."""
    return {str(row[0]): _user(*row[1:]) for row in session.execute(USERS, [list(names)])}  # type: ignore[arg-type]


def _user(
    login: bool,
    verifier: str,
    limit: int,
    powers: list[bool],
    expires: bool,
    groups: list[str],
    acts: list[str],
    members: list[str],
) -> UserFact:
    access: dict[str, str] = {}
    odd = [*compress(POWERS, powers), *(["expires"] if expires else []), *(f"is open to {one}" for one in members)]
    for each in groups:
        database, _, right = each.partition(".")
        if right not in RIGHTS or database in access:
            odd.append(f"is a member of {each}")
        else:
            access[database] = right
    odd += [
        f"does not act as the owner in {name}" for name, each in access.items() if (each == "full") != (name in acts)
    ]
    return UserFact(True, verifier, not login, limit, access, tuple(odd))


def set_user(session: Session, spec: UserSpec, found: UserFact) -> None:
    """Make the role what the spec says; what stays is never taken away meanwhile."""
    who = name_of(spec.name)
    wanted = {one.database: str(one.rights) for one in spec.access}
    outdated = found.exists and (found.verifier, found.locked, found.access) != (spec.verifier, spec.locked, wanted)
    if not found.exists:
        session.execute(sql.SQL("CREATE ROLE {} NOLOGIN").format(who))
    if outdated:  # before as well: one that changes its own role just now would hold this up
        end_connections(session, spec.name)
    with session.transaction():
        for one in spec.access:
            _grant(session, spec.name, one.database, one.rights)
        _leave_groups(session, spec)
        session.execute(
            sql.SQL(
                "ALTER ROLE {} NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS INHERIT"
                " CONNECTION LIMIT {} PASSWORD {} VALID UNTIL 'infinity' {}"
            ).format(who, sql.Literal(spec.connections), sql.Literal(spec.verifier), sql.SQL("NOLOGIN" if spec.locked else "LOGIN"))
        )  # fmt: skip
    if outdated:
        end_connections(session, spec.name)


def _grant(session: Session, user: str, database: str, right: str) -> None:
    """Who has full rights acts as the database's own role, so that what several make belongs to all of them."""
    name_of(database)
    role, who = sql.Identifier(rights.group(database, right)), name_of(user)
    session.execute(sql.SQL("GRANT {} TO {}").format(role, who))
    setting = sql.SQL("ALTER ROLE {} IN DATABASE {} ").format(who, sql.Identifier(database))
    end = (
        sql.SQL("SET role TO {}").format(sql.Literal(rights.group(database, right)))
        if right == "full"
        else sql.SQL("RESET role")
    )
    session.execute(setting + end)


def _leave_groups(session: Session, spec: UserSpec) -> None:
    """All that the spec does not name, and those that are members of this one."""
    wanted = {rights.group(one.database, one.rights) for one in spec.access}
    query = """SELECT g.rolname, u.rolname, m.admin_option FROM pg_auth_members m JOIN pg_authid g ON g.oid = m.roleid
        JOIN pg_authid u ON u.oid = m.member WHERE %s IN (g.rolname, u.rolname)"""
    for role, member, admin in session.execute(query, [spec.name]).fetchall():
        if role in wanted and not admin:
            continue
        verb = sql.SQL("REVOKE ADMIN OPTION FOR {} FROM {}" if role in wanted else "REVOKE {} FROM {}")
        session.execute(verb.format(sql.Identifier(str(role)), sql.Identifier(str(member))))


def end_connections(session: Session, name: str) -> None:
    session.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = %s AND pid <> pg_backend_pid()", [name]
    )
