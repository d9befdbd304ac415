"""Models that hold customers' things, found by walking from each model to accounts.Customer."""

from django.apps import apps
from django.db.models import ForeignKey, Model

from gasthof.kernel.models import AuditEntry
from gasthof.slices.accounts.models import Customer

Found = dict[type[Model], str]


def owned() -> Found:
    """Each model with the path to its customer's number; the shortest there is. The record of what was done has a bare number."""
    found: Found = {Customer: "number", AuditEntry: "customer"}
    models = [model for model in apps.get_models(include_auto_created=True) if model._meta.managed]
    while more := {model: path for model in models if model not in found and (path := _path(model, found))}:
        found |= more
    return found


def _path(model: type[Model], found: Found) -> str:
    keys = [field for field in model._meta.concrete_fields if isinstance(field, ForeignKey) and not field.null]
    keys += [field for field in model._meta.concrete_fields if isinstance(field, ForeignKey) and field.null]
    paths = [f"{field.name}__{found[field.related_model]}" for field in keys if field.related_model in found]
    return min(paths, key=lambda path: path.count("__"), default="")


def table(model: type[Model]) -> str:
    return str(model._meta.db_table)
