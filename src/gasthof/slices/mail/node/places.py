"""Where the mail daemons keep what they have, and where they meet. Pure, standard library only."""

import re
from functools import lru_cache
from pathlib import Path

from gasthof.prefix import Prefix

FRONT_USER = "gasthof-mail-front"  # of those that end TLS for IMAP, POP3 and ManageSieve; its group reads the keys
DELIVERY_USER = "gasthof-mail-delivery"  # the process between Postfix and Dovecot
OPERATOR_USER = "gasthof-mail"  # owner of the operator's own mailbox
SAFE_PATH = re.compile(r"/[A-Za-z0-9/._-]*")  # what needs no quoting in any of the daemons' configurations
SCRIPT = ".sieve"
SOCKET_LIMIT = 107  # bytes of a unix socket's path, unix(7)
IMAP, POP3, SIEVE = 10143, 10110, 14190  # on an address that is this installation's own
FILTERS = 10025  # there, too: where Postfix takes what filters send


def state(prefix: Prefix) -> Path:
    """What is written by the agent's fixtures, and by Postfix below postfix/."""
    return prefix.state / "mail"


def run(prefix: Prefix) -> Path:
    return prefix.run / "mail"


def lookup(prefix: Prefix, name: str) -> Path:
    """The look-up database of that name, in a folder of its own: postfix, dovecot or certificates."""
    return _lookup(prefix.state, name)


def tls(prefix: Prefix) -> Path:
    """NAME/{key,cert}.pem for each name that presents a certificate, "server" for the machine's own."""
    return _below(prefix.state, "tls")


def mailboxes(prefix: Prefix, subscription: str) -> Path:
    """What holds a subscription's mail: the customer's own, its name root's, and where no PHP of theirs comes."""
    return _below(prefix.root) / subscription


def vacation(prefix: Prefix, address: str) -> Path:
    """The script of a mailbox' out-of-office note. Dovecot finds it by the address (dovecot.conf)."""
    return _below(prefix.state, "vacation") / f"{address}{SCRIPT}"


def operator(prefix: Prefix) -> Path:
    """Home of the operator's mailbox."""
    return state(prefix) / "operator"


def delivery_socket(prefix: Prefix) -> Path:
    """Where Postfix hands mail over: LMTP."""
    return run(prefix) / "delivery" / "lmtp.sock"


def spelling_socket(prefix: Prefix) -> Path:
    """Where Postfix asks for a command by A-labels: socketmap."""
    return run(prefix) / "delivery" / "spelling.sock"


def dovecot_socket(prefix: Prefix, name: str) -> Path:
    """lmtp, doveadm-server, auth-submission or quota-status."""
    return run(prefix) / "dovecot" / name


def inside(prefix: Prefix) -> str:
    """The address on which Dovecot listens for those that end TLS; two installations share no port, so they share no address."""
    return _loopback(77, prefix.ports["imaps"])


def front(prefix: Prefix) -> str:
    """The address from which these call. Customers' PHP cannot choose one (web/activator/callfilter.py)."""
    return _loopback(78, prefix.ports["imaps"])


def filters(prefix: Prefix) -> str:
    """The address from which Dovecot hands over what filters send."""
    return _loopback(79, prefix.ports["imaps"])


def checked(prefix: Prefix) -> Prefix:
    """ValueError for a prefix that could not be written into a daemon's configuration."""
    if not SAFE_PATH.fullmatch(str(prefix.root)):
        raise ValueError(
            f"prefix {str(prefix.root)!r}: only letters, digits and / . _ - are safe in mail's configuration"
        )
    for socket in (delivery_socket(prefix), dovecot_socket(prefix, "login/ssl-params-longest-name")):
        if len(str(socket)) > SOCKET_LIMIT:
            raise ValueError(f"{socket}: longer than a socket's path can be")
    return prefix


def filled(template: str, values: dict[str, str]) -> str:
    """<<name>> becomes values["name"]; KeyError for one that is not there."""
    return re.sub(r"<<(\w+)>>", lambda match: values[match[1]], template)


@lru_cache(maxsize=16)
def _below(folder: Path, name: str = "") -> Path:
    """Paths of many thousand mailboxes begin with it."""
    return folder / "mail" / name


@lru_cache(maxsize=16)
def _lookup(state: Path, name: str) -> Path:
    return state / "mail" / f"lookup-{name}" / f"{name}.db"


def _loopback(second: int, port: int) -> str:
    return f"127.{second}.{port >> 8}.{port & 255}"
