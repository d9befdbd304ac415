"""Versions of the policy as they are kept: taken once, compiled, read back."""

from datetime import datetime
from functools import lru_cache
from importlib.resources import files

from django.db import transaction

from gasthof.kernel.refusal import Refused
from gasthof.slices.lifecycle.models import Follow, NoticeStep, PolicyVersion, Step
from gasthof.slices.lifecycle.rules import compiling
from gasthof.slices.lifecycle.rules.policy import Policy, policy

SHIPPED = "policy.toml"


def shipped() -> str:
    """The policy's text that the house begins with."""
    return files("gasthof.slices.lifecycle").joinpath(SHIPPED).read_text("utf-8")


def take(text: str, now: datetime) -> PolicyVersion:
    """Keep and compile a version. Taken again it is the same; raises Refused where it is wrong, or its number means another text."""
    found = policy(text)
    kept = PolicyVersion.objects.filter(number=found.version).first()
    if kept is not None and kept.text != text:
        raise Refused("There is another policy of version %(version)d already.", version=found.version)
    return kept or _keep(found, text, now)


@transaction.atomic
def _keep(found: Policy, text: str, now: datetime) -> PolicyVersion:
    version = PolicyVersion.objects.create(number=found.version, text=text, taken=now)
    Step.objects.bulk_create(Step(policy=version, **vars(step)) for step in compiling.steps(found))
    Follow.objects.bulk_create(Follow(policy=version, **vars(row)) for row in compiling.follows(found))
    NoticeStep.objects.bulk_create(NoticeStep(policy=version, **vars(row)) for row in compiling.notices(found))
    return version


def of_version(number: int) -> Policy:
    """PolicyVersion.DoesNotExist: there is none."""
    return read(PolicyVersion.objects.values_list("text", flat=True).get(number=number))


@lru_cache(maxsize=32)
def read(text: str) -> Policy:
    """Of a text that was taken."""
    return policy(text)
