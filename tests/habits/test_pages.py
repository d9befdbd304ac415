"""Pages that slices declare and forms that they make: routes, icons, permissions, and fields that their verbs have."""

from importlib import import_module
from importlib.util import find_spec

import pytest
from django.urls import reverse
from lucide import IconDoesNotExist
from lucide.templatetags.lucide import lucide

from gasthof.installed import SLICES
from gasthof.kernel import registry
from gasthof.kernel.actions import actions
from gasthof.ui.fields import VerbField
from gasthof.ui.forms import VerbForm

KEYS = {
    "account": [],
    "house": [],
    "customer": [1],
    "subscription": ["s000001"],
    "domain": ["xn--bckerei-mller-bfb28a.test"],
}


def test_every_page_has_its_route_icon_and_permission() -> None:
    for page in (page for each in registry.capabilities() for page in each.pages):
        assert reverse(page.url, args=KEYS[page.level]).startswith("/"), page
        assert page.permission in registry.grants(), page
        assert lucide(page.icon).startswith("<svg"), page


def test_an_icon_that_is_missing_would_be_found() -> None:
    with pytest.raises(IconDoesNotExist):
        lucide("no-such-icon")


def forms(kind: type[VerbForm] = VerbForm) -> list[type[VerbForm]]:
    """All that slices make; importing their rooms makes them."""
    for name in SLICES:
        for room in ("forms", "views"):
            if find_spec(f"gasthof.slices.{name}.{room}"):
                import_module(f"gasthof.slices.{name}.{room}")
    found = [each for sub in kind.__subclasses__() for each in (sub, *forms(sub))]
    return [each for each in found if each.__module__.startswith("gasthof.slices.") and each.verb]


def test_every_field_of_a_form_is_one_of_its_verbs() -> None:
    for form in forms():
        known = {field.name for field in actions()[form.verb].fields}
        of_verbs = {name for name, field in form.base_fields.items() if isinstance(field, VerbField)}
        assert of_verbs <= known, f"{form.__name__}: {of_verbs - known}"
