"""What the three rights mean on each server. Pure."""

from collections.abc import Iterable, Mapping

from gasthof.slices.databases.spec import Rights

ROWS = ("SELECT", "INSERT", "UPDATE", "DELETE", "EXECUTE", "SHOW VIEW", "CREATE TEMPORARY TABLES", "LOCK TABLES")
STRUCTURE = (
    "CREATE", "DROP", "ALTER", "INDEX", "REFERENCES", "CREATE VIEW", "CREATE ROUTINE", "ALTER ROUTINE", "TRIGGER",
    "DELETE HISTORY",
)  # fmt: skip
PRIVILEGES: Mapping[Rights, tuple[str, ...]] = {
    "full": ROWS + STRUCTURE,
    "data": ROWS,
    "read": ("SELECT", "SHOW VIEW"),
}
COLUMNS = {  # of mysql.db, where they are not the privilege's name
    "CREATE TEMPORARY TABLES": "Create_tmp_table_priv",
    "DELETE HISTORY": "Delete_history_priv",
}


def column(privilege: str) -> str:
    """The column of mysql.db that holds it."""
    return COLUMNS.get(privilege, privilege.capitalize().replace(" ", "_") + "_priv").lower()


def rights_of(columns: Iterable[str]) -> str:
    """The right with exactly these columns of mysql.db set; else the columns themselves."""
    found = frozenset(name.lower() for name in columns)
    for rights, privileges in PRIVILEGES.items():
        if found == {column(each) for each in privileges}:
            return rights
    return ", ".join(sorted(found))


def beyond(rights: Rights) -> tuple[str, ...]:
    """What "full" has and this one has not."""
    return tuple(each for each in PRIVILEGES["full"] if each not in PRIVILEGES[rights])


def pattern(database: str) -> str:
    """As MariaDB's grants name exactly this database: "_" alone would be any sign."""
    return database.replace("\\", "\\\\").replace("_", "\\_").replace("%", "\\%")


def group(database: str, rights: str) -> str:
    """The PostgreSQL role that holds a right in a database; the dot keeps it out of customers' names."""
    return f"{database}.{rights}"
