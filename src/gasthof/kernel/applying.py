"""`gasthof apply FILE.yaml`: what is different from the file, as verbs, and done all or none."""

import argparse
import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext

from gasthof.kernel import audit, registry, rows, screen
from gasthof.kernel.actions import actions, perform_many
from gasthof.kernel.fields import switch
from gasthof.kernel.permissions import Actor
from gasthof.kernel.refusal import ActionRefused, FieldError, Refused
from gasthof.kernel.sheet import Sheet, Step
from gasthof.kernel.verbs import OK, REFUSED, USAGE, NotUnderstood, actor_named, own_language


def apply(arguments: Sequence[str]) -> int:
    """The exit code: 0 done, or nothing to do; 1 refused; 2 not understood."""
    options = parser().parse_args(arguments)
    with translation.override(options.lang):
        try:
            return _apply(options)
        except NotUnderstood as wrong:
            sys.stderr.write(f"{wrong}\n")
            return USAGE
        except ActionRefused as refusal:
            return _print_refusal(options, refusal)


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(prog="gasthof apply", description="Bring a subscription to what a file says.")
    made.add_argument("file", type=Path, metavar="FILE.yaml", help="docs/apply.md says what stands in it")
    made.add_argument("--plan", action="store_true", help="show what would be done, and do nothing")
    made.add_argument("--json", action="store_true", help="print JSON")
    made.add_argument("--as", dest="who", default="operator", help="operator (default) or customer:NUMBER")
    made.add_argument("--lang", choices=("de", "en"), default=own_language(), help="language of messages")
    return made


def difference(sheet: Sheet, actor: Actor) -> list[Step]:
    """What is to be done, in its order: what goes, the highest slice's first, then what comes. Raises ActionRefused."""
    name = sheet.get("subscription")
    if name is None:
        raise sheet.wrong(Refused("“subscription” is needed: its number or system name."))
    subscription = registry.find_subscription(actor, str(name.value()))
    if subscription is None:
        raise name.wrong(Refused("There is no such object."))
    prune = sheet.get("prune")
    pruned = prune.parsed(switch) if prune else False
    parts = [list(each.apply(sheet, subscription, pruned)) for each in registry.capabilities() if each.apply]
    sheet.check()
    removed = [step for part in reversed(parts) for step in part if step.removes and not step.late]
    return removed + [step for part in parts for step in part if not step.removes or step.late]


def carry_out(steps: Sequence[Step], actor: Actor) -> None:
    """All or none. A refusal names the line that it is about."""
    try:
        perform_many(actor, [(step.verb, step.fields) for step in steps])
    except ActionRefused as refusal:
        step = steps[min(refusal.position, len(steps) - 1)]
        errors = [replace(error, field=f"{step.line}: {step.verb} {error.field}".strip()) for error in refusal.errors]
        raise ActionRefused(tuple(errors)) from refusal


def _apply(options: argparse.Namespace) -> int:
    actor = actor_named(options.who, options.lang)
    sheet = _read(options.file)
    with transaction.atomic(), rows.of(actor):  # what is looked at stands still meanwhile
        steps = difference(sheet, actor)
    if not options.plan:
        carry_out(steps, actor)
    sys.stdout.write(_as_json(steps, done=not options.plan) if options.json else _shown(steps, done=not options.plan))
    return OK


def _read(path: Path) -> Sheet:
    try:
        return Sheet.load(path)
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise NotUnderstood("%(source)s cannot be read: %(reason)s", source=str(path), reason=reason) from error


def _masked(step: Step) -> dict[str, str]:
    return audit.masked(actions()[step.verb].fields, step.fields)


def _as_json(steps: Iterable[Step], *, done: bool) -> str:
    listed = [{"line": step.line, "verb": step.verb, "fields": _masked(step)} for step in steps]
    return json.dumps({"steps": listed, "done": done}, ensure_ascii=False) + "\n"


def _shown(steps: Sequence[Step], *, done: bool) -> str:
    lines = [
        f"{'-' if step.removes else '+'} {step.verb} "
        + " ".join(f"{name}={value}" for name, value in _masked(step).items())
        for step in steps
    ]
    if not steps:
        end = gettext("Nothing is different.")
    else:
        end = gettext("Done.") if done else gettext("Nothing was changed: this is what would be done.")
    return "\n".join([*lines, end, ""])


def _print_refusal(options: argparse.Namespace, refusal: ActionRefused) -> int:
    if options.json:
        errors = [{"field": error.field, "message": error.message} for error in refusal.errors]
        sys.stdout.write(json.dumps({"errors": errors}, ensure_ascii=False) + "\n")
    else:
        lines = [FieldError(gettext("line %(line)s") % {"line": each.field}, each.message) for each in refusal.errors]
        sys.stderr.write(screen.errors(lines))
    return REFUSED
