"""Which addresses a protected directory covers, and what PHP may be told."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gasthof.kernel.refusal import Refused
from gasthof.slices.web import rules
from gasthof.slices.web.rules import PHP_SETTINGS, Directory, protections
from gasthof.slices.web.spec import ProtectedUser

SEGMENT = st.sampled_from(["a", "b", "ab", "ä", "a b"])
PATH = st.lists(SEGMENT, min_size=1, max_size=4).map(lambda parts: "/".join(["web", *parts]))
DIRECTORIES = st.dictionaries(st.one_of(PATH, st.just("web")), st.text("xyz", min_size=1), max_size=5).map(
    lambda named: [Directory(path, title, (ProtectedUser("u", title),)) for path, title in named.items()]
)


def decided(docroot: str, directories: list[Directory], file: str) -> str | None:
    """As a file system would have it: the title of the deepest protected directory that the file lies in."""
    above = [each for each in directories if file == each.path or file.startswith(f"{each.path}/")]
    return max(above, key=lambda each: len(each.path)).title if above else None


def answered(docroot: str, directories: list[Directory], address: str) -> str | None:
    """As nginx does it: the longest protected path that the address lies below."""
    over = [
        each
        for each in protections(docroot, directories)
        if address == each.path or address.startswith(f"{each.path}/")
    ]
    return max(over, key=lambda each: len(each.path)).title if over else None


@given(PATH, DIRECTORIES, st.lists(SEGMENT, max_size=4))
def test_an_address_is_protected_exactly_if_its_file_is(
    docroot: str, directories: list[Directory], below: list[str]
) -> None:
    address = "".join(f"/{part}" for part in below)
    assert answered(docroot, directories, address or "/") == decided(docroot, directories, docroot + address)


@given(PATH, DIRECTORIES)
def test_each_address_stands_once_in_settled_order(docroot: str, directories: list[Directory]) -> None:
    paths = [each.path for each in protections(docroot, directories)]
    assert paths == sorted(set(paths))
    assert protections(docroot, directories) == protections(docroot, directories[::-1])


@pytest.mark.parametrize(
    ("docroot", "directory", "covers"),
    [
        ("web/köln", "web/köln", ""),
        ("web/köln", "web", ""),
        ("web/köln/public", "web/köln", ""),
        ("web/köln", "web/köln/intern", "/intern"),
        ("web/köln", "web/köln/a/b", "/a/b"),
        ("web/köln", "web/kölner", None),
        ("web/kölner", "web/köln", None),
        ("web/a", "web/b/a", None),
    ],
)
def test_what_a_directory_covers(docroot: str, directory: str, covers: str | None) -> None:
    assert rules.covered(docroot, directory) == covers


def test_the_deepest_directory_decides_and_none_is_left_open() -> None:
    directories = [Directory("web", "house"), Directory("web/shop", "shop", (ProtectedUser("u", "h"),))]
    assert [(each.path, each.title) for each in protections("web/shop", directories)] == [("", "shop")]
    assert [(each.path, each.title) for each in protections("web/blog", directories)] == [("", "house")]


@given(st.sampled_from(sorted(PHP_SETTINGS)), st.text(max_size=20))
def test_a_php_value_is_refused_or_safe(name: str, value: str) -> None:
    """Its grammar leaves no sign that ends a line, a value or a parameter."""
    try:
        checked = rules.check_setting(name, value)
    except Refused:
        return
    assert set(checked) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-+_/")
    assert rules.check_setting(name, checked) == checked


def test_each_default_is_a_value_that_could_be_set() -> None:
    for name, setting in PHP_SETTINGS.items():
        assert rules.check_setting(name, setting.default) == setting.default


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("memory_limit", "128"), ("memory_limit", "-1"), ("memory_limit", "2G"), ("memory_limit", "128 M"), ("memory_limit", "0M"),
        ("max_execution_time", "0"), ("max_execution_time", "-1"), ("max_execution_time", "9999"), ("max_execution_time", "1e2"),
        ("display_errors", "stdout"), ("date.timezone", "Europe/Berlin\nopen_basedir=/"), ("date.timezone", "../../etc/passwd"),
        ("open_basedir", "/"), ("disable_functions", ""), ("auto_prepend_file", "/etc/passwd"), ("extension", "x.so"),
        ("sendmail_path", "/bin/sh"), ("error_log", "/etc/cron.d/x"), ("session.save_path", "/tmp"), ("", ""), ("MEMORY_LIMIT", "64M"),
        ("memory_limit ", "64M"), ("zend_extension", "x"), ("upload_tmp_dir", "/"), ("include_path", "/"), ("allow_url_include", "1"),
    ],
)  # fmt: skip
def test_php_values_that_are_refused(name: str, value: str) -> None:
    with pytest.raises(Refused):
        rules.check_setting(name, value)


def test_sizes_are_told_in_one_unit() -> None:
    assert rules.check_setting("memory_limit", "1g") == "1024M"
    assert rules.check_setting("memory_limit", "064M") == "64M"
    assert rules.check_setting("display_errors", "On") == "1"


def test_all_settings_travel_each_time() -> None:
    assert set(rules.php_settings({})) == set(PHP_SETTINGS) == set(rules.php_settings({"memory_limit": "64M"}))


def test_the_newest_version_is_by_number() -> None:
    assert rules.newest(["8.2", "8.10", "8.9", "nonsense", "8"]) == "8.10"
    assert rules.newest([]) is None


@pytest.mark.parametrize(
    ("name", "www"),
    [("example.test", "www.example.test"), ("www.example.test", None), ("x" * 60 + ".test", "www." + "x" * 60 + ".test"),
     (".".join(["x" * 61] * 4) + ".de", None)],
)  # fmt: skip
def test_www_names(name: str, www: str | None) -> None:
    assert rules.www_name(name) == www
