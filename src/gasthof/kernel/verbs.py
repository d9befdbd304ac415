"""The command line of verbs: reads fields, performs, prints. What it offers comes from the actions' signatures."""

import argparse
import json
import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from time import monotonic

from django.db import Error, OperationalError, connection
from django.utils import translation
from django.utils.translation import gettext

from gasthof.kernel import registry, rows, screen
from gasthof.kernel.actions import Outcome, actions, perform
from gasthof.kernel.call import Awaited
from gasthof.kernel.capability import Waited
from gasthof.kernel.permissions import Actor
from gasthof.kernel.refusal import ActionRefused, FieldError

OK, REFUSED, USAGE, NOT_LIVE = 0, 1, 2, 3
WAIT_SECONDS = 30.0


class NotUnderstood(Exception):
    """The command line itself is wrong. An English sentence, which is also the key of its translations, and its values."""

    def __init__(self, sentence: str, **values: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.values = values

    def __str__(self) -> str:
        translated = gettext(self.sentence)
        return translated % self.values if self.values else translated


def run(arguments: Sequence[str]) -> int:
    """Perform one verb, or list them; the exit code."""
    options = parser().parse_intermixed_args(arguments)  # options may stand before the fields
    if options.help:
        options.list = options.verb is not None
        if not options.list:
            parser().print_help()
            return OK
    with translation.override(options.lang):
        try:
            return _listing(options) if options.list else _perform(options)
        except NotUnderstood as wrong:
            sys.stderr.write(f"{wrong}\n")
            return USAGE
        except ActionRefused as refusal:
            return _print_refusal(options, refusal)
        except OperationalError:
            if _answers():
                raise
            return _print_refusal(options, ActionRefused((FieldError("", _away()),)))


def _away() -> str:
    return gettext(
        "The database does not answer. “./gasthof status” shows what runs, “./gasthof up” starts what does not."
    )


def _answers() -> bool:
    """Whether the database does."""
    try:
        connection.ensure_connection()
    except Error:
        return False
    return connection.is_usable()


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(
        prog="gasthof run", description="Perform a verb of the action layer.", add_help=False
    )
    made.add_argument("-h", "--help", action="store_true", help="show this, or after a verb its fields")
    made.add_argument("verb", nargs="?", help="such as domains.add")
    made.add_argument("fields", nargs="*", metavar="field=value", help="@FILE reads a file, - reads standard input")
    made.add_argument("--list", action="store_true", help="show all verbs with their fields")
    made.add_argument("--json", action="store_true", help="print JSON")
    made.add_argument("--as", dest="who", default="operator", help="operator (default) or customer:NUMBER")
    made.add_argument("--lang", choices=("de", "en"), default=own_language(), help="language of messages")
    made.add_argument("--wait", action="store_true", help="until the node has it live, or says why not")
    return made


def own_language() -> str:
    """Of the terminal."""
    locale = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    return "de" if locale.startswith("de") else "en"


def _listing(options: argparse.Namespace) -> int:
    verbs = [each for each in actions().values() if options.verb in (None, each.verb)]
    sys.stdout.write(screen.verbs_as_json(verbs) if options.json else screen.verbs(verbs))
    return OK


def _perform(options: argparse.Namespace) -> int:
    if options.verb not in actions():
        raise NotUnderstood(screen.unknown_verb(options.verb, list(actions())))
    outcome = perform(actor_named(options.who, options.lang), options.verb, _given(options.fields))
    waited = _wait(outcome.awaited) if options.wait else []
    sys.stdout.write(_as_json(outcome, waited) if options.json else screen.outcome(outcome, waited))
    return OK if all(each.state == "live" for each in waited) else NOT_LIVE


def _wait(changes: Sequence[Awaited]) -> list[Waited]:
    """For all of them together, not longer than for one."""
    until = monotonic() + WAIT_SECONDS
    return [_what_became(each, max(0.0, until - monotonic())) for each in changes]


def _what_became(change: Awaited, seconds: float) -> Waited:
    """The change is made: a database that goes away now makes it no refusal."""
    try:
        return registry.wait(change, seconds)
    except OperationalError:
        if _answers():
            raise
        return Waited(change.kind, change.key, "pending", _away())


def actor_named(who: str, language: str) -> Actor:
    """What --as says. Raises NotUnderstood."""
    if who == "operator":
        return Actor("operator", None, language)
    match = re.fullmatch(r"customer:([0-9]{1,9})", who)
    if match is None:
        raise NotUnderstood("“--as” takes “operator” or “customer:NUMBER”.")
    with rows.staff():
        known = registry.is_customer(int(match[1]))
    if not known:
        raise NotUnderstood("“--as”: there is no customer %(number)s.", number=match[1])
    return Actor("owner", int(match[1]), language)


def _given(pairs: Sequence[str]) -> dict[str, object]:
    if sum(pair.partition("=")[2] == "-" for pair in pairs) > 1:
        raise NotUnderstood("Only one field can be read from standard input.")
    given: dict[str, object] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or name in given:
            raise NotUnderstood("%(word)s: “field=value” is needed, and each field once.", word=repr(pair))
        given[name] = _value(value)
    return given


def _value(text: str) -> str:
    """Itself; @FILE is the file's text, - standard input's, both without the last line break; @@ stands for one @, as does @ alone: a zone's own name."""
    if text == "@":
        return text
    if text.startswith("@@"):
        return text[1:]
    try:
        if text.startswith("@"):
            return Path(text[1:]).read_text("utf-8").removesuffix("\n")
        return sys.stdin.read().removesuffix("\n") if text == "-" else text
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise NotUnderstood("%(source)s cannot be read: %(reason)s", source=repr(text), reason=reason) from error


def _print_refusal(options: argparse.Namespace, refusal: ActionRefused) -> int:
    if options.json:
        errors = [{"field": error.field, "message": error.message} for error in refusal.errors]
        sys.stdout.write(json.dumps({"errors": errors}, ensure_ascii=False) + "\n")
    else:
        sys.stderr.write(screen.errors(refusal.errors))
    return REFUSED


def _as_json(outcome: Outcome, waited: Sequence[Waited]) -> str:
    told = [{"node": a.node, "kind": a.kind, "key": a.key, "revision": a.revision} for a in outcome.awaited]
    live = [{"kind": w.kind, "key": w.key, "state": w.state, "words": w.words} for w in waited]
    whole = {"verb": outcome.verb, "result": dict(outcome.result), "told": told, **({"live": live} if waited else {})}
    return json.dumps(whole, ensure_ascii=False) + "\n"
