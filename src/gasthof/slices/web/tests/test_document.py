"""Host documents: nothing breaks out of its field, and what is parsed back is what was meant."""

import configparser
import json
from pathlib import Path

import idna
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gasthof.prefix import Prefix
from gasthof.slices.web.node.document import (
    CONTROL,
    LIMIT,
    digest_of,
    documents,
    host_path,
    php_values,
    seal,
    tls_directory,
)
from gasthof.slices.web.spec import Php, ProtectedUser, Protection, SiteSpec

PREFIX = Prefix(Path("/srv/gasthof"))
NAME = idna.encode("grüße-aus-köln.test", uts46=True).decode()


def spec(**fields: object) -> SiteSpec:
    defaults = {
        "name": NAME,
        "subscription": "s000012",
        "uid": 1_000_012,
        "docroot": f"web/{NAME}",
        "hosts": (NAME, f"www.{NAME}"),
    }
    return SiteSpec(**(defaults | fields))  # type: ignore[arg-type]


def one(**fields: object) -> dict[str, object]:
    document = json.loads(documents(PREFIX, spec(**fields))[NAME])
    assert isinstance(document, dict)
    return document


def test_says_where_everything_lies() -> None:
    document = one(php=Php("8.2", {"memory_limit": "64M"}))
    assert document["root"] == "/srv/gasthof/customers/s000012"
    assert document["docroot"] == f"/srv/gasthof/customers/s000012/web/{NAME}"
    assert document["certificate"] == str(tls_directory(PREFIX, NAME) / "cert.pem")
    assert document["php_socket"] == "/srv/gasthof/run/php/8.2/s000012.sock"
    assert document["php_values"] == 'memory_limit = "64M"'
    assert document["host"] == NAME and document["version"] == 1


def test_one_document_a_host_with_one_certificate() -> None:
    made = {host: json.loads(content) for host, content in documents(PREFIX, spec()).items()}
    assert set(made) == {NAME, f"www.{NAME}"}
    assert len({document["key"] for document in made.values()}) == 1
    assert host_path(PREFIX, NAME).name == f"{NAME}.json"


def test_digest_is_first_and_of_the_rest() -> None:
    content = documents(PREFIX, spec())[NAME]
    assert content.startswith(b'{"digest":"' + digest_of(content).encode() + b'",')
    assert digest_of(content) != digest_of(documents(PREFIX, spec(suspended=True))[NAME])
    assert content == documents(PREFIX, spec())[NAME]


@given(st.text(max_size=60), st.text(min_size=1, max_size=40), st.lists(st.text(min_size=1, max_size=20), max_size=3))
def test_any_title_name_and_path_comes_back_or_is_refused(title: str, path: str, names: list[str]) -> None:
    protection = Protection(f"/{path}", title, tuple(ProtectedUser(name, "$argon2id$x") for name in names))
    try:
        back = one(protections=(protection,))["protections"]
    except ValueError:
        hostile = [title, path, *names]
        assert (
            any(CONTROL.search(text) for text in hostile)
            or any(":" in name for name in names)
            or not clean(path)
            or not encodable(hostile)
        )
        return
    assert back == [{"path": f"/{path}", "folded": fold(f"/{path}"), "title": title, "users": users(names)}]


def fold(path: str) -> str:
    return "".join(letter.lower() if letter.isascii() else letter for letter in path)


def users(names: list[str]) -> list[dict[str, str]]:
    return [{"name": name, "hash": "$argon2id$x"} for name in names]


def clean(path: str) -> bool:
    return all(part not in ("", ".", "..") for part in path.split("/"))


def encodable(texts: list[str]) -> bool:
    try:
        return bool("".join(texts).encode() or True)
    except UnicodeEncodeError:
        return False


@given(st.dictionaries(st.text(max_size=12), st.text(max_size=20), max_size=4))
def test_php_settings_are_exactly_the_ones_given(settings: dict[str, str]) -> None:
    try:
        text = php_values(Php("8.2", settings))
    except ValueError:
        return
    parser = configparser.RawConfigParser(delimiters=("=",), comment_prefixes=None, strict=True)
    parser.optionxform = str  # type: ignore[method-assign, assignment]
    parser.read_string(f"[all]\n{text}")
    assert {name: value[1:-1] for name, value in parser["all"].items()} == settings


@pytest.mark.parametrize(
    "value", ["1\nauto_prepend_file=/etc/passwd", "a\r", "a\0b", '"', "${HOME}", "a;b", "$x", "a\\", "`", "'", "é"]
)
def test_php_values_that_the_ini_scanner_would_read_are_refused(value: str) -> None:
    with pytest.raises(ValueError, match="memory_limit"):
        php_values(Php("8.2", {"memory_limit": value}))


@pytest.mark.parametrize("name", ["a\nb", "a=b", "[PATH=/x]", "", "A", 'a"', "a b"])
def test_php_names_too(name: str) -> None:
    with pytest.raises(ValueError, match="PHP setting"):
        php_values(Php("8.2", {name: "1"}))


@pytest.mark.parametrize(
    "docroot", ["", "/etc", "web/../../s000013", "..", "web//x", "web/.", "web/\n", "web/\0", "web/x/"]
)
def test_docroots_that_lead_elsewhere_are_refused(docroot: str) -> None:
    with pytest.raises(ValueError, match="document root"):
        one(docroot=docroot)


@pytest.mark.parametrize(
    "host", ["a", "A.test", "a..test", "../x.test", "a.test/", "-a.test", "a.test.", "ü.test", "a_b.test", "1.2.3.4\n"]
)
def test_hosts_that_are_no_a_labels_are_refused(host: str) -> None:
    with pytest.raises(ValueError, match="host"):
        documents(PREFIX, spec(hosts=(host,)))
    with pytest.raises(ValueError, match="host"):
        host_path(PREFIX, host)


@pytest.mark.parametrize(
    "fields",
    [
        {"subscription": "../x"},
        {"subscription": ""},
        {"preferred": "other.test"},
        {"php": Php("8.2/x")},
        {"name": "../a.test"},
    ],
)
def test_other_fields_that_would_lead_elsewhere_are_refused(fields: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"."):
        one(**fields)


def test_longest_protection_comes_first() -> None:
    protections = tuple(Protection(path, "t") for path in ("", "/ä", "/a/b", "/b"))
    listed = one(protections=protections)["protections"]
    assert isinstance(listed, list)
    assert [item["path"] for item in listed] == ["/a/b", "/ä", "/b", ""]


def test_more_than_nginx_reads_is_refused() -> None:
    with pytest.raises(ValueError, match="bytes"):
        seal({"title": "x" * LIMIT})
