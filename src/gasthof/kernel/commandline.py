"""`python -m gasthof.kernel.commandline run|apply|clock ...`: brings Django up, then hands over to the verbs."""

import os
import sys
from importlib import import_module

import django

ROOMS = {"run": "gasthof.kernel.verbs", "apply": "gasthof.kernel.applying", "clock": "gasthof.kernel.moving_on"}


def main(arguments: list[str]) -> int:
    """0: done. 1: refused. 2: not understood. 3: done, but the node could not make it live."""
    room = ROOMS.get(arguments[0]) if arguments else None
    if room is None:
        sys.stderr.write("run VERB field=value ... | apply FILE.yaml | clock [+DAYSd]\n")
        return 2
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gasthof.settings")
    django.setup()
    command = getattr(import_module(room), arguments[0])
    return int(command(arguments[1:]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
