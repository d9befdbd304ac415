"""The database's tables, and this machine as a node in them (`python -m gasthof.bootstrap.tables`): as their owner.

Prints the node's role as the last word. In one process, since reading Django takes longer than most of what is done.
"""

import sys

import django

django.setup()

from django.core.management import CommandError, call_command  # noqa: E402

from gasthof.prefix import Prefix  # noqa: E402


def furnish(prefix: Prefix) -> None:
    """Raises CommandError for an address that cannot be the machine's."""
    call_command("migrate", interactive=False, verbosity=0)
    address = {"host": prefix.host, "ipv4": prefix.ipv4, "ipv6": prefix.ipv6}
    call_command("register_node", prefix.node, uid_base=prefix.uid_base, **address)


if __name__ == "__main__":
    try:
        furnish(Prefix.current())
    except CommandError as error:
        sys.exit(str(error))
