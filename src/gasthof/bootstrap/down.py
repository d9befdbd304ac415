"""`down`: everything stops; nothing of this prefix is left running."""

from gasthof.bootstrap import leftovers
from gasthof.bootstrap.place import Place
from gasthof.bootstrap.progress import say
from gasthof.bootstrap.supervisor import Supervisor
from gasthof.prefix import Prefix


def down(place: Place) -> int:
    prefix = Prefix.load(place.prefix)
    if not stop(prefix):
        say(f"Nothing of {prefix.root} was running.")
        return 0
    say(f"Stopped. State is kept in {prefix.root}.")
    return 0


def stop(prefix: Prefix) -> bool:
    """Whether anything ran. Websites end first at their nginx, customers' PHP last."""
    supervisor = Supervisor(prefix)
    ran = supervisor.pid is not None
    supervisor.stop()
    orphans = leftovers.end(lambda: leftovers.orphans(prefix), seconds=20)
    php = leftovers.end(lambda: leftovers.customers(prefix), seconds=3)
    return ran or bool(orphans + php)
