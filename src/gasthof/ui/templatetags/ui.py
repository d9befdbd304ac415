"""Components of pages, for templates: {% load ui %}."""

from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache
from typing import Any

from django import template
from django.template.loader import render_to_string
from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext
from lucide.templatetags.lucide import lucide

from gasthof.kernel.capability import Badge, Outlook
from gasthof.ui import browsers, parts
from gasthof.ui.shell import Link

register = template.Library()
TONES = {"success": "good", "warning": "warn", "error": "bad", "info": "", "debug": ""}  # of Django's messages
SHAPES = {"good": "circle-check", "warn": "triangle-alert", "bad": "octagon-alert", "": "info"}


@register.simple_tag
def icon(name: str, **attributes: str) -> SafeString:
    """One of Lucide's, beside the words that say the same: hidden from screen readers."""
    return _drawn(str(name), str(attributes.get("class", "")))


@lru_cache(512)
def _drawn(name: str, kind: str) -> SafeString:
    """A page of fifty rows shows a few icons a hundred times."""
    drawn = lucide(name, size=None, **{"class": f"icon {kind}".strip(), "aria_hidden": "true", "focusable": "false"})
    return mark_safe(drawn)  # noqa: S308 - Lucide's own file


@register.filter
def browser(header: str) -> str:
    """A User-Agent header in words: “Firefox on Windows”."""
    found = browsers.read(header)
    name = found.name or gettext("An unknown browser")
    return gettext("%(browser)s on %(system)s") % {"browser": name, "system": found.system} if found.system else name


@register.inclusion_tag("ui/note.html")
def note(tone: str, text: str) -> dict[str, str]:
    """A message in a box: good, warn, bad, or Django's names of these."""
    tone = TONES.get(tone, tone)
    return {"tone": tone, "text": text, "shape": SHAPES.get(tone, "info")}


@register.simple_tag
def badge(name: str, word: str = "") -> SafeString:
    """The state of an object: pending, live, failed, suspended, active, off. `word` says it better where that is possible."""
    state = parts.state(name)
    return cell(replace(state, word=word) if word else state)


@register.simple_tag
def standing(badge: Badge) -> SafeString:
    """How something is, as slices say it."""
    return cell(parts.State(*badge))


@register.inclusion_tag("ui/quota.html")
def quota(used: int | parts.Quota, limit: int | None = None, unit: Any = "bytes", label: str = "") -> dict[str, Any]:
    return {"quota": used if isinstance(used, parts.Quota) else parts.Quota(used, limit, unit, label)}


@register.inclusion_tag("ui/copy.html")
def copy(value: str, name: str = "") -> dict[str, str]:
    """A text to be taken along; `name` tells screen readers what it is."""
    return {"value": value, "name": name}


@register.inclusion_tag("ui/facts.html")
def facts(listed: Iterable[parts.Fact]) -> dict[str, Any]:
    return {"facts": listed}


@register.inclusion_tag("ui/doors.html")
def doors(entries: Iterable[Any]) -> dict[str, Any]:
    """What can be done with it: `menu.doors(actor, place, level)`."""
    return {"entries": entries}


@register.inclusion_tag("ui/outlooks.html")
def outlooks(found: Iterable[Outlook]) -> dict[str, Any]:
    """What comes soon, and what can be done about it; nothing where nothing comes."""
    return {"outlooks": found, "label": gettext("What comes next")}


@register.inclusion_tag("ui/empty.html")
def empty(icon: str, title: str, sentence: str, url: str = "", button: str = "") -> dict[str, str]:
    """Nothing there yet: what it would be good for, and what to do."""
    return {"icon": icon, "title": title, "sentence": sentence, "url": url, "button": button}


@register.inclusion_tag("ui/plot.html")
def plot(drawn: parts.Plot) -> dict[str, Any]:
    return {"plot": drawn}


@register.simple_tag
def cell(value: Any) -> SafeString:
    """What a list's cell holds: a text, or a part of parts.py. By hand, since a list has hundreds."""
    if isinstance(value, parts.State):
        return format_html('<span class="badge {}">{}{}</span>', value.tone, _drawn(value.icon, ""), value.word)
    if isinstance(value, parts.Quota):
        return render_to_string("ui/quota.html", {"quota": value})
    if isinstance(value, parts.Named):
        return format_html("{}{}", value.name, _under(value.more))
    if isinstance(value, parts.Addresses):
        lines = format_html_join("", '<span class="line">{}</span>', ((each,) for each in value.each))
        drawn = format_html('<div class="addresses">{}{}</div>', lines, _under(value.more))
        return drawn if value.each else conditional_escape("–")
    if isinstance(value, Link):
        return format_html('<a href="{}">{}</a>', value.url, value.text)
    return conditional_escape("–" if value is None else value)


def _under(text: str) -> SafeString:
    return format_html('<span class="under">{}</span>', text) if text else conditional_escape("")
