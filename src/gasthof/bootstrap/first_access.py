"""One-time links for those who have no password yet, fresh at each `up` (`python -m gasthof.bootstrap.first_access EMAIL ...`).

For the operators, of whom there is always one, and for the people named. They are printed, as JSON, and kept nowhere.
"""

import json
import sys

import django

django.setup()

from gasthof.kernel import rows  # noqa: E402
from gasthof.kernel.actions import perform  # noqa: E402
from gasthof.kernel.permissions import Actor  # noqa: E402
from gasthof.prefix import Prefix  # noqa: E402
from gasthof.slices.access.models import User  # noqa: E402
from gasthof.slices.access.values import Email  # noqa: E402

OPERATOR = Actor("operator", language="de")


def links(prefix: Prefix, addresses: list[str]) -> dict[str, str]:
    """Address -> link."""
    if not User.objects.filter(kind=User.OPERATOR).exists():
        fields = {"email": f"postmaster@{prefix.host}", "name": "Betreiber", "mail": "no"}
        perform(OPERATOR, "access.create_operator", fields)
    operators = User.objects.filter(kind=User.OPERATOR, active=True)
    named = User.objects.filter(email__in=[Email.parse(each) for each in addresses], active=True)
    without = [user for user in (*operators, *named) if not user.has_usable_password()]
    return {user.address: _link(user) for user in without}


def _link(user: User) -> str:
    return str(perform(OPERATOR, "access.send_link", {"user": str(user.pk), "mail": "no"}).result["link"])


if __name__ == "__main__":
    with rows.by_default(OPERATOR):
        found = links(Prefix.current(), sys.argv[1:])
    sys.stdout.write(json.dumps(found, ensure_ascii=False) + "\n")
