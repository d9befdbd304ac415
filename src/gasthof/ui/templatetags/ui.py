"""Components of pages, for templates: {% load ui %}."""

from typing import Any

from django import template
from django.utils.safestring import SafeString, mark_safe
from lucide.templatetags.lucide import lucide

register = template.Library()
TONES = {"success": "good", "warning": "warn", "error": "bad", "info": "", "debug": ""}  # of Django's messages
SHAPES = {"good": "circle-check", "warn": "triangle-alert", "bad": "octagon-alert", "": "info"}


@register.simple_tag
def icon(name: str, **attributes: Any) -> SafeString:
    """One of Lucide's, beside the words that say the same: hidden from screen readers."""
    kind = f"icon {attributes.pop('class', '')}".strip()
    drawn = lucide(name, size=None, **{"class": kind, "aria_hidden": "true", "focusable": "false"})
    return mark_safe(drawn)  # noqa: S308 - Lucide's own file


@register.inclusion_tag("ui/note.html")
def note(tone: str, text: str) -> dict[str, str]:
    """A message in a box: good, warn, bad, or Django's names of these."""
    tone = TONES.get(tone, tone)
    return {"tone": tone, "text": text, "shape": SHAPES.get(tone, "info")}
