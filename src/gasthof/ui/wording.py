"""Verbs and lists in the reader's language, for pages that name them: by the first words of what their own documentation says."""

import re
from collections.abc import Iterable, Mapping

from django.utils.translation import gettext

from gasthof.kernel import registry
from gasthof.kernel.actions import actions
from gasthof.kernel.collection import collections

Words = tuple[str, str]  # a verb, and what it does


def permissions() -> Mapping[str, str]:
    """Each verb and each right to read a list (LIST.list) -> the permission that it asks for."""
    asked = {verb: action.permission for verb, action in actions().items()}
    return asked | {each.verb: each.permission for each in collections().values()}


def words_of(verb: str) -> str:
    """What a verb does, or what a list shows, in the reader's language; the verb itself where there is none such any more."""
    action = actions().get(verb)
    if action:
        return re.split(r"[.:;](?:\s|$)", gettext(action.help))[0]
    listed = collections().get(verb.removesuffix(".list"))
    return gettext("See: %(what)s") % {"what": re.split(r"[.,:;](?:\s|$)", gettext(listed.help))[0]} if listed else verb


def groups(known: Iterable[str]) -> list[tuple[str, list[Words]]]:
    """Those verbs under the names of their slices' first pages, in rank order."""
    asked = permissions()
    found: dict[str, list[Words]] = {each.name: [] for each in registry.capabilities()}
    for verb in sorted(known, key=lambda verb: (not verb.endswith(".list"), verb)):
        found[asked.get(verb, verb).partition(".")[0]].append((verb, words_of(verb)))
    titles = {each.name: gettext(each.pages[0].title) if each.pages else each.name for each in registry.capabilities()}
    return [(titles[name], listed) for name, listed in found.items() if listed]
