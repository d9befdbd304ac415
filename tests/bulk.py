"""Verbs performed at once by many threads, in a process that is a platform's control plane: `python -m tests.bulk THREADS < JSON`."""

import json
import os
import sys
from concurrent.futures import ThreadPoolExecutor

import django
from django.db import connection


def main(threads: int) -> None:
    django.setup()
    from gasthof.kernel.actions import perform
    from gasthof.kernel.permissions import Actor

    def one(call: list) -> str:
        verb, fields = call
        try:
            perform(Actor("operator"), verb, fields)
        except Exception as error:
            return f"{verb} {fields}: {error!r}"
        finally:
            connection.close()
        return ""

    with ThreadPoolExecutor(threads) as pool:
        print(json.dumps([words for words in pool.map(one, json.load(sys.stdin)) if words]))


if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "gasthof.settings"
    main(int(sys.argv[1]))
