"""Names, directories, and what a node refuses to be told."""

import pytest

from gasthof.kernel.passwords import crypted
from gasthof.kernel.refusal import Refused
from gasthof.slices.ftp import rules
from gasthof.slices.ftp.spec import FtpUserSpec
from gasthof.slices.ftp.values import FtpName, FtpPassword

HASH = crypted("Grüße-aus-Köln-1")
BASE = 1_000_000
GOOD = FtpUserSpec("s000012-anna", "s000012", 1_000_012, "web/grüße, 2. Teil", HASH)


def changed(**fields: object) -> FtpUserSpec:
    return FtpUserSpec(**({name: getattr(GOOD, name) for name in GOOD.__dataclass_fields__} | fields))  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["a", "7", "anna", "anna.b-c_d", "0" * 30, " Anna "])
def test_names_that_can_be_typed_anywhere(name: str) -> None:
    assert rules.parts(rules.login("s000012", str(FtpName.parse(name)))) == ("s000012", name.strip().lower())


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".a",
        "a.",
        "-a",
        "a-",
        "jörg",
        "a b",
        "a/b",
        "a@b",
        "a'b",
        'a"b',
        "a%u",
        "a\\",
        "a;b",
        "a\n",
        "0" * 31,
        "a\0b",
        7,
    ],
)
def test_names_that_cannot(name: object) -> None:
    with pytest.raises(Refused):
        FtpName.parse(name)


@pytest.mark.parametrize(
    "text", ["anna", "s12-anna", "s000012", "s000012-", "S000012-anna", "s000012-anna\n", "s000012-../x"]
)
def test_what_is_no_login(text: str) -> None:
    assert rules.parts(text) is None


@pytest.mark.parametrize(
    "password", ["Kurz-1a", "nur-kleine-1", "NUR-GROSSE-1", "Keine-Ziffer", "KeinZeichen1", "", "x" * 300]
)
def test_passwords_that_are_too_weak(password: str) -> None:
    with pytest.raises(Refused):
        FtpPassword.parse(password)


def test_a_hash_is_yescrypt_with_a_salt_of_its_own() -> None:
    assert rules.check_hash(HASH) == HASH
    assert len({crypted("Grüße-aus-Köln-1") for _ in range(3)}) == 3


@pytest.mark.parametrize(
    "text",
    ["", "x", "$6$abc$def", HASH[:-1], HASH + "a", HASH + "\n", "$y$j9T$a:b$" + "a" * 43],
    ids=["empty", "short", "sha512", "cut", "longer", "line", "salt"],
)
def test_what_is_no_hash(text: str) -> None:
    with pytest.raises(Refused):
        rules.check_hash(text)


@pytest.mark.parametrize("path", ["web", "web/a", "web/grüße/b"])
def test_directories_that_customers_see(path: str) -> None:
    assert rules.check_directory(path) == path


@pytest.mark.parametrize("path", ["tmp", "logs", "web2", "weba/b", "mail", "."])
def test_directories_that_they_do_not(path: str) -> None:
    with pytest.raises(Refused):
        rules.check_directory(path)


@pytest.mark.parametrize("spec", [GOOD, changed(directory="web"), changed(suspended=True)])
def test_specs_that_a_node_takes(spec: FtpUserSpec) -> None:
    rules.check_spec("s000012-anna", spec, BASE)


@pytest.mark.parametrize(
    "fields",
    [
        {"name": "s000012-bernd"},
        {"subscription": "s000013"},
        {"uid": BASE - 1},
        {"uid": 0},
        *({"directory": path} for path in (
            "", "/", "/etc", "tmp", "web/", "web//a", "web/..", "web/./a", "web/../../s000013/web", "web/%u", "web/%{env:PATH}",
            "web/~root", "web/-a", "web/a\n", "web/a\0", 'web/a"b', "web/a\\b", "web/*", "web/[a]", "web/{a}", "web/" + "a" * 1000,
        )),
        {"hash": ""},
        {"hash": "*"},
        {"hash": "plain"},
    ],
)  # fmt: skip
def test_specs_that_it_refuses(fields: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="s000012-anna"):
        rules.check_spec("s000012-anna", changed(**fields), BASE)
