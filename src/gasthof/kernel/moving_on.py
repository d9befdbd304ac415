"""`./gasthof clock`: shows business time, and moves a try-out's on, one day after another, as they would come."""

import argparse
import re
import sys

from django.utils import timezone, translation
from django.utils.translation import gettext as _

from gasthof.kernel import registry, rows, time_machine
from gasthof.kernel.actions import SYSTEM_CLOCKS
from gasthof.kernel.permissions import SYSTEM
from gasthof.prefix import Prefix

FORWARD = re.compile(r"\+([0-9]{1,4})d")


def clock(arguments: list[str]) -> int:
    """0: shown or moved. 1: this is no try-out. 2: not understood."""
    options = _parser().parse_args(arguments)
    with translation.override(options.lang):
        if options.by is None:
            return _show()
        found = FORWARD.fullmatch(options.by)
        if found is None:
            return _refuse(_("Please say how many days it is to go on, such as +30d: time does not go back."), 2)
        prefix = Prefix.current()
        if not prefix.demo.exists():
            return _refuse(_("Only a try-out’s time can be moved: customers live by this one."), 1)
        _move(prefix, int(found[1]))
        return _show()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("gasthof clock", allow_abbrev=False)
    parser.add_argument("by", nargs="?", metavar="+DAYSd", help="how many days business time goes on, such as +30d")
    parser.add_argument("--lang", choices=("de", "en"), default="en", help="language of what is said")
    return parser


def _move(prefix: Prefix, by: int) -> None:
    """Killed between two days, it has come as far as it said; called again it goes on from there."""
    ahead = time_machine.read(prefix)
    for day in range(ahead + 1, ahead + by + 1):
        time_machine.write(prefix, day)
        with rows.by_default(SYSTEM):
            done = list(registry.day_began(SYSTEM_CLOCKS))
        for words in done:
            _say(f"{_today()}  {words}")


def _today() -> str:
    return timezone.localdate(SYSTEM_CLOCKS.business.now()).isoformat()


def _show() -> int:
    ahead = time_machine.days()
    _say(
        _("Business time: %(day)s, %(ahead)d days ahead of the clock on the wall.") % {"day": _today(), "ahead": ahead}
    )
    return 0


def _refuse(words: str, code: int) -> int:
    sys.stderr.write(f"{words}\n")
    return code


def _say(words: str) -> None:
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()
