"""Every sentence that people are shown, read out of code, templates and verbs."""

from collections.abc import Iterator
from pathlib import Path

from babel.messages.extract import extract_from_dir
from django.template import Engine
from django.template.base import NodeList
from django.templatetags.i18n import BlockTranslateNode, TranslateNode

from gasthof.kernel import registry
from gasthof.kernel.actions import actions
from gasthof.kernel.collection import collections

SOURCE = Path(__file__).parents[2] / "src" / "gasthof"
KEYWORDS: dict[str, tuple[int, ...] | None] = {
    "Refused": None, "NotUnderstood": None, "_": None, "gettext": None, "gettext_lazy": None, "ngettext": (1, 2), "ngettext_lazy": (1, 2),
}  # fmt: skip
LIBRARIES = {
    "i18n": "django.templatetags.i18n",
    "static": "django.templatetags.static",
    "ui": "gasthof.ui.templatetags.ui",
}


def sentences() -> dict[str, str]:
    """English sentence -> where it stands."""
    sources = (of_code(), of_templates(), of_verbs(), of_lists(), of_pages(), of_permissions(), of_deeds())
    return {sentence: where for source in sources for sentence, where in source}


def of_code() -> Iterator[tuple[str, str]]:
    methods = [("**/tests/**", "ignore"), ("slices/web/verifier/**", "ignore"), ("**.py", "python")]
    for name, line, message, _, _ in extract_from_dir(SOURCE, methods, {}, KEYWORDS):
        for sentence in message if isinstance(message, tuple) else (message,):
            yield sentence, f"{name}:{line}"


def of_templates() -> Iterator[tuple[str, str]]:
    engine = Engine(libraries=LIBRARIES)
    for path in sorted(path for path in SOURCE.rglob("templates/**/*.html") if "tests" not in path.parts):
        nodes = engine.from_string(path.read_text("utf-8")).nodelist
        for sentence in _of_nodes(nodes):
            yield sentence, str(path.relative_to(SOURCE))


def _of_nodes(nodes: NodeList) -> Iterator[str]:
    for node in nodes.get_nodes_by_type(TranslateNode):
        yield node.filter_expression.var.literal
    for node in nodes.get_nodes_by_type(BlockTranslateNode):
        for tokens in filter(None, (node.singular, node.plural)):
            yield node.render_token_list(tokens)[0]


def of_verbs() -> Iterator[tuple[str, str]]:
    for verb, action in actions().items():
        yield action.help, verb
        yield from ((field.help, f"{verb} {field.name}") for field in action.fields)


def of_lists() -> Iterator[tuple[str, str]]:
    yield from ((each.help, f"list {name}") for name, each in collections().items())


def of_pages() -> Iterator[tuple[str, str]]:
    for slice_ in registry.capabilities():
        yield from ((page.title, f"{slice_.name}: page {page.url}") for page in slice_.pages)


def of_permissions() -> Iterator[tuple[str, str]]:
    yield from ((title, f"title of {permission}") for permission, title in registry.titles().items())


def of_deeds() -> Iterator[tuple[str, str]]:
    yield from ((words, f"deed {deed}") for deed, words in registry.deeds().items())
