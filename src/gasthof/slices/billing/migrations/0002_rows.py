"""Whose rows these are (docs/decisions/0007-row-level-security.md), and what the database itself refuses of the ledger."""

from django.db import migrations

from gasthof.kernel import policies

WRITTEN_ONCE = ("billing_posting", "billing_entry", "billing_receipt", "billing_creditnote", "billing_settled")

# Each statement carries whole postings, so that nothing is left to the commit, where the role that sees the rows is gone.
LEDGER = """
CREATE FUNCTION billing_balances() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM fresh GROUP BY posting_id HAVING sum(units) <> 0 OR count(DISTINCT currency) <> 1) THEN
        RAISE EXCEPTION 'a posting does not sum to zero in one currency' USING ERRCODE = 'check_violation';
    ELSIF EXISTS (SELECT FROM fresh f LEFT JOIN billing_ledgeraccount a ON a.id = f.account_id AND a.currency = f.currency
            WHERE a.id IS NULL) THEN
        RAISE EXCEPTION 'an entry is in another currency than its account' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER billing_balances AFTER INSERT ON billing_entry REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION billing_balances();

CREATE FUNCTION billing_allocated() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM billing_payment WHERE id IN (SELECT payment_id FROM fresh) ORDER BY id FOR NO KEY UPDATE;
    IF EXISTS (SELECT FROM billing_allocation a JOIN billing_payment p ON p.id = a.payment_id
            WHERE NOT a.released AND a.payment_id IN (SELECT payment_id FROM fresh)
            GROUP BY p.id, p.units HAVING sum(a.units) > p.units) THEN
        RAISE EXCEPTION 'more is allocated than was paid' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER billing_allocated AFTER INSERT ON billing_allocation REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION billing_allocated();
CREATE TRIGGER billing_reallocated AFTER UPDATE ON billing_allocation REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION billing_allocated();

CREATE FUNCTION billing_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is written once', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;
"""
UNDO = """
DROP TRIGGER billing_balances ON billing_entry;
DROP TRIGGER billing_allocated ON billing_allocation;
DROP TRIGGER billing_reallocated ON billing_allocation;
DROP FUNCTION billing_balances();
DROP FUNCTION billing_allocated();
DROP FUNCTION billing_stays() CASCADE;
"""
STAYS = """
CREATE TRIGGER billing_stays BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION billing_stays();
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0003_rows"), ("billing", "0001_initial")]
    operations = [
        policies.own("billing_proforma"),
        policies.below("billing_proformaline", "proforma_id", "billing_proforma", "number"),
        policies.closed("billing_statement"),
        policies.closed("billing_bankbooking"),
        policies.own("billing_payment"),
        policies.below("billing_allocation", "payment_id", "billing_payment"),
        policies.own("billing_ledgeraccount"),
        policies.closed("billing_posting"),
        policies.below("billing_entry", "account_id", "billing_ledgeraccount"),
        policies.below("billing_receipt", "proforma_id", "billing_proforma", "number"),
        policies.below("billing_creditnote", "receipt_id", "billing_receipt"),
        policies.below("billing_settled", "line_id", "billing_proformaline"),
        policies.own("billing_case"),
        migrations.RunSQL(LEDGER + "".join(STAYS.format(table=table) for table in WRITTEN_ONCE), UNDO),
    ]
