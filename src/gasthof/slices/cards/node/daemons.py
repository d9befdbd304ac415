"""The try-out's card network: a process of its own, as a real one is another house's."""

from gasthof.agent.daemons import Daemons, Folder, Program
from gasthof.prefix import PANEL_USER, Prefix

HOST = "127.0.0.1"


def programs(prefix: Prefix, python: str) -> tuple[Program, ...]:
    """Only where config.toml says that this is a try-out: whoever chooses "pay" there has paid."""
    if prefix.card_network != "tryout":
        return ()
    return (Program("card-network", (python, "-m", "gasthof.slices.cards.tryout"), PANEL_USER, ports=("cards",)),)


def inside(prefix: Prefix) -> dict[str, tuple[str, int]]:
    return {"card-network": (HOST, prefix.ports["cards"])} if prefix.card_network == "tryout" else {}


DAEMONS = Daemons(folders=(Folder("cards", 0o700, PANEL_USER, PANEL_USER),), programs=programs, inside=inside)
