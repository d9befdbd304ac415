"""`python -m gasthof.kernel.commandline run ...`: brings Django up, then hands over to the verbs."""

import os
import sys
from importlib import import_module

import django


def main(arguments: list[str]) -> int:
    """0: done. 1: refused. 2: not understood. 3: done, but the node could not make it live."""
    if arguments[:1] != ["run"]:
        sys.stderr.write("run VERB field=value ...\n")
        return 2
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gasthof.settings")
    django.setup()
    run = import_module("gasthof.kernel.verbs").run
    return int(run(arguments[1:]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
