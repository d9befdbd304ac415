"""The sign on the door of accounts."""

from gasthof.kernel.capability import OPERATORS, OWNERS, Capability

CAPABILITY = Capability("accounts", permissions={"accounts.manage": OPERATORS, "accounts.write": OWNERS})
