"""Versions of the policy as they are kept: taken once, compiled, read back."""

import hashlib
import re
from datetime import datetime
from functools import lru_cache
from importlib.resources import files

from django.db import transaction

from gasthof.kernel.refusal import Refused
from gasthof.slices.lifecycle.models import Follow, NoticeStep, PolicyVersion, Step
from gasthof.slices.lifecycle.rules import compiling
from gasthof.slices.lifecycle.rules.policy import Policy, policy
from gasthof.slices.lifecycle.rules.reading import document
from gasthof.slices.lifecycle.rules.versions import diff

SHIPPED = "policy.toml"
NUMBER = re.compile(r"^(version[ \t]*=[ \t]*)(\d+)", re.MULTILINE)


def shipped() -> str:
    """The policy's text that the house begins with."""
    return files("gasthof.slices.lifecycle").joinpath(SHIPPED).read_text("utf-8")


def newest() -> PolicyVersion | None:
    """None: nothing was begun yet, and what ships will be the first."""
    return PolicyVersion.objects.order_by("number").last()


def current(now: datetime) -> PolicyVersion:
    """The version in force, by which new services go."""
    return newest() or take(shipped(), now)


def digest(text: str) -> str:
    """By which a text is known that was previewed."""
    return hashlib.sha256(text.encode()).hexdigest()


def draft(text: str) -> str:
    """To begin a change with: the text with the next number. Its line is the first one that begins so."""
    return NUMBER.sub(lambda found: f"{found[1]}{int(found[2]) + 1}", text, count=1)


def successor(text: str, before: PolicyVersion | None) -> Policy:
    """The text as a policy that can be taken after that version. Raises Refused: a sentence with line and key."""
    found = policy(text)
    if before is None:
        return found
    if found.version <= before.number:
        number = Refused("Version %(version)d was taken already: give it a higher number.", version=before.number)
        raise document(text).wrong("version", number)
    if not diff(read(before.text), found):
        raise Refused("Nothing differs from version %(version)d.", version=before.number)
    return found


def take(text: str, now: datetime, by: str = "") -> PolicyVersion:
    """Keep and compile a version. Taken again it is the same; raises Refused where it is wrong, or its number means another text."""
    found = policy(text)
    kept = PolicyVersion.objects.filter(number=found.version).first()
    if kept is not None and kept.text != text:
        raise Refused("There is another policy of version %(version)d already.", version=found.version)
    return kept or _keep(found, text, now, by)


@transaction.atomic
def _keep(found: Policy, text: str, now: datetime, by: str) -> PolicyVersion:
    version = PolicyVersion.objects.create(number=found.version, text=text, taken=now, by=by)
    Step.objects.bulk_create(Step(policy=version, **vars(step)) for step in compiling.steps(found))
    Follow.objects.bulk_create(Follow(policy=version, **vars(row)) for row in compiling.follows(found))
    NoticeStep.objects.bulk_create(NoticeStep(policy=version, **vars(row)) for row in compiling.notices(found))
    return version


def of_version(number: int) -> Policy:
    """PolicyVersion.DoesNotExist: there is none."""
    return read(PolicyVersion.objects.values_list("text", flat=True).get(number=number))


@lru_cache(maxsize=32)
def read(text: str) -> Policy:
    """A text is read once. Raises Refused."""
    return policy(text)
