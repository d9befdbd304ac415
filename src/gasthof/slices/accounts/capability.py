"""The sign on the door of accounts."""

from gasthof.kernel.capability import OPERATORS, OWNERS, Capability
from gasthof.slices.accounts.queries import is_customer

CAPABILITY = Capability(
    "accounts", permissions={"accounts.manage": OPERATORS, "accounts.write": OWNERS}, is_customer=is_customer
)
