"""The process that speaks to strangers' servers, and the list of authorities that it knows them by."""

from gasthof.agent.daemons import Daemons, Program
from gasthof.prefix import PANEL_USER, Prefix


def programs(_prefix: Prefix, python: str) -> tuple[Program, ...]:
    """Apart from the worker: whoever answers slowly holds up no mail and no job."""
    return (Program("courier", (python, "-m", "gasthof.slices.webhooks.courier"), PANEL_USER, stop_seconds=20),)


DAEMONS = Daemons(packages=("ca-certificates",), programs=programs)
