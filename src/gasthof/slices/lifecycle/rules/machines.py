"""What a deleted server's image goes onto (spec rows L20, L21). Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from gasthof.kernel.refusal import Refused


@dataclass(frozen=True)
class Server:
    """`server_class`: of the policy's classes, or "": nobody has said. `works`: it is in service, and nothing closes it."""

    type: str
    server_class: str
    begun: date
    first_unpaid: date | None
    ended: date | None = None
    works: bool = True
    used: bool = False  # another one's image was put onto it


def check(old: Server, new: Server, classes: Sequence[str], today: date) -> None:
    """Raises Refused, with the first reason why the image of the old one, which has ended, does not go onto the new one."""
    if old.ended is None:
        raise Refused("This service has not ended.")
    if new.type != old.type:
        raise Refused("An image goes onto a server of the same kind only.")
    if new.ended is not None:
        raise Refused("This server has ended already.")
    if new.begun < old.ended:
        raise Refused(
            "This server was there before the other one was deleted: an image goes onto one that was ordered anew."
        )
    if new.first_unpaid is None or new.first_unpaid <= today:
        raise Refused("This server has to be paid first.")
    if not new.works:
        raise Refused("This server is closed, and has to be open first.")
    if new.used:
        raise Refused("Another image was put onto this server already.")
    if rank(new.server_class, classes) < rank(old.server_class, classes):
        raise Refused("This server is of a lower class: the image needs %(needed)s or higher.", needed=old.server_class)


def rank(server_class: str, classes: Sequence[str]) -> int:
    """0 is the lowest; -1 what nobody has said, or what is not sold any more: the house decides, as it does of each restoration."""
    return classes.index(server_class) if server_class in classes else -1


def check_mail(server: str, new: Server) -> None:
    """That mail which was ordered with that type of server comes back on the new one. Raises Refused."""
    if new.type != server:
        raise Refused("Mail comes back on a server of the kind with which it was ordered.")
    if new.ended is not None:
        raise Refused("This server has ended already.")
    if not new.works:
        raise Refused("This server is closed, and has to be open first.")
