"""Whose rows these are (docs/decisions/0007-row-level-security.md), allauth's about people among them."""

from django.db import migrations

from gasthof.kernel import policies


class Migration(migrations.Migration):
    dependencies = [
        ("access", "0003_api_tokens"),
        ("accounts", "0003_rows"),
        ("account", "0009_emailaddress_unique_primary_email"),
        ("mfa", "0003_authenticator_type_uniq"),
        ("usersessions", "0001_initial"),
    ]
    operations = [
        policies.own("access_user"),
        policies.own("access_role"),
        policies.below("access_assignment", "user_id", "access_user"),
        policies.below("access_apitoken", "user_id", "access_user"),
        policies.below("access_onetimelink", "user_id", "access_user"),
        policies.below("access_outgoingmail", "user_id", "access_user"),
        policies.below("account_emailaddress", "user_id", "access_user"),
        policies.below("account_emailconfirmation", "email_address_id", "account_emailaddress"),
        policies.below("mfa_authenticator", "user_id", "access_user"),
        policies.below("usersessions_usersession", "user_id", "access_user"),
    ]
