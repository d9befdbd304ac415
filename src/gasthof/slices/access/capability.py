"""The sign on the door of access."""

from gasthof.kernel.capability import OPERATORS, OWNERS, Capability

CAPABILITY = Capability("access", permissions={"access.operators": OPERATORS, "access.members": OWNERS})
