"""The frame of every page: what a view says about its page, and what the templates make of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from gasthof.ui import changes, menu, statics, theme
from gasthof.ui.menu import HOUSE, Place
from gasthof.ui.request import actor_of


@dataclass(frozen=True)
class Link:
    text: str
    url: str
    icon: str = ""
    current: bool = False  # of tabs: the one that is shown


@dataclass(frozen=True)
class Head:
    """A page's head: its title, the way to it, its one primary action, its tabs."""

    title: str
    place: Place = HOUSE
    crumbs: tuple[Link, ...] = ()  # from the outside in, without the page itself
    action: Link | None = None
    tabs: tuple[Link, ...] = ()
    lead: str = ""  # a sentence below the title


def show(
    request: HttpRequest, template: str, head: Head, context: Mapping[str, Any] | None = None, *, status: int = 200
) -> HttpResponse:
    """A page in the shell; `template` extends ui/page.html."""
    groups = menu.groups(actor_of(request), head.place, request.path)
    whole = {"head": head, "menu": groups, "progress": changes.at_hand(request), **(context or {})}
    return render(request, template, whole, status=status)


def frame(request: HttpRequest) -> dict[str, Any]:
    """What the frame needs at least; it asks nobody, so that pages of failures can have it."""
    return {"theme": theme.of(request), "sheets": statics.SHEETS}


def context(request: HttpRequest) -> dict[str, Any]:
    """Context processor: the frame with its switches."""
    return frame(request) | {
        "scripts": statics.SCRIPTS,
        "languages": settings.LANGUAGES,
        "here": request.get_full_path(),
        "back": changes.without(request.get_full_path()),
    }
