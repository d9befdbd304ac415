"""Whose rows these are (docs/decisions/0007-row-level-security.md). What the registry of the try-out knows is shown to no customer."""

from django.db import migrations

from gasthof.kernel import policies


class Migration(migrations.Migration):
    dependencies = [("accounts", "0003_rows"), ("registrar", "0001_initial")]
    operations = [
        policies.own("registrar_contact"),
        policies.own("registrar_registration"),
        policies.below("registrar_operation", "registration_id", "registrar_registration"),
        policies.closed("registrar_notice"),
        policies.closed("registrar_registryname"),
        policies.closed("registrar_registrypending"),
        policies.closed("registrar_registrymessage"),
        policies.closed("registrar_registryaccount"),
    ]
