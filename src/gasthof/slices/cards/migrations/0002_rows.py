"""Whose rows these are (docs/decisions/0007-row-level-security.md)."""

from django.db import migrations

from gasthof.kernel import policies


class Migration(migrations.Migration):
    dependencies = [("accounts", "0003_rows"), ("cards", "0001_initial")]
    operations = [
        policies.own("cards_cardpayment"),
        policies.below("cards_told", "payment_id", "cards_cardpayment"),
    ]
