"""What migrations say of a table that holds customers' things: whose its rows are (docs/decisions/0007-row-level-security.md).

operations = [policies.own("domains_domain"), policies.below("web_site", "domain_id", "domains_domain")]
"""

from django.db.migrations import RunSQL

CUSTOMER, RESELLER = (
    f"NULLIF(current_setting('gasthof.{who}', true), '')::integer" for who in ("customer", "reseller")
)

# Writing is staff's: policies without WITH CHECK (false) would let a look-up's role change what it locks.
PROTECT = """
ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
CREATE POLICY staff ON {table} TO gasthof_staff USING (true);
CREATE POLICY seen ON {table} FOR SELECT TO gasthof_app USING ({condition});
CREATE POLICY locked ON {table} FOR UPDATE TO gasthof_app USING ({condition}) WITH CHECK (false);
REVOKE INSERT, DELETE ON {table} FROM gasthof_app;
"""
OPEN = """
GRANT INSERT, DELETE ON {table} TO gasthof_app;
DROP POLICY locked ON {table};
DROP POLICY seen ON {table};
DROP POLICY staff ON {table};
ALTER TABLE {table} DISABLE ROW LEVEL SECURITY;
"""

NARROW = """
ALTER POLICY seen ON {table} USING ({condition});
ALTER POLICY locked ON {table} USING ({condition});
"""


def own(table: str, column: str = "customer_id") -> RunSQL:
    """Rows that say whose they are: the customer's number is in that column."""
    # accounts_customer is the one table of a slice that is named here: its number is what Actor.customer is.
    above = f"accounts_customer above WHERE above.number = {table}.{column} AND above.reseller_id = {RESELLER}"
    return protect(table, either(f"{table}.{column} = {CUSTOMER}", f"EXISTS (SELECT FROM {above})"))


def either(one: str, other: str) -> str:
    """One condition or the other, in a form of which the planner expects nothing. It would take an OR for a filter that leaves few
    rows, begin with those, and sort all that hangs below, instead of following the index of a page for 50 rows."""
    return f"CASE WHEN {one} THEN true ELSE {other} END"


def below(table: str, column: str, parent: str, key: str = "id") -> RunSQL:
    """Rows that belong to a row of another table: seen by whom that table's own policy shows it."""
    return protect(table, reaching(table, column, parent, key))


def reaching(table: str, column: str, parent: str, key: str = "id") -> str:
    """The condition of `below`."""
    return f"EXISTS (SELECT FROM {parent} above WHERE above.{key} = {table}.{column})"


def narrowed(table: str, condition: str, before: str) -> RunSQL:
    """Only rows for which that condition holds, instead of `before`, are the customer's: the house keeps some to itself."""
    return RunSQL(NARROW.format(table=table, condition=condition), NARROW.format(table=table, condition=before))


def closed(table: str) -> RunSQL:
    """Rows that no customer is shown as they are, since what they tell is anybody's: for code that says `rows.staff()`."""
    return protect(table, "false")


def protect(table: str, condition: str) -> RunSQL:
    """Only rows for which the condition holds are the customer's."""
    return RunSQL(PROTECT.format(table=table, condition=condition), OPEN.format(table=table))
