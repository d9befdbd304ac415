"""What an address of a webhook may look like, and which events can be asked for."""

from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gasthof.kernel.refusal import Refused
from gasthof.slices.webhooks.values import EventKinds, Url

ASCII = "https://xn--bckerei-mller-bfb28a.test"


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("https://Example.org", "https://example.org/"),
        ("HTTPS://example.org:443/a", "https://example.org/a"),
        ("https://example.org:8443/a?b=c&d=%20", "https://example.org:8443/a?b=c&d=%20"),
        ("https://bäckerei-müller.test/körbe?für=alle", f"{ASCII}/k%C3%B6rbe?f%C3%BCr=alle"),
        ("https://BÄCKEREI-MÜLLER.test.:9443", f"{ASCII}:9443/"),
        ("https://9.9.9.9/x", "https://9.9.9.9/x"),
        ("https://[2620:FE:0::FE]:1024/x", "https://[2620:fe::fe]:1024/x"),
    ],
)
def test_it_has_one_spelling(typed: str, kept: str) -> None:
    assert Url.parse(typed) == kept
    assert Url.parse(kept) == kept and Url.parse(Url.parse(typed).shown) == kept


def test_people_read_it_in_their_script() -> None:
    assert Url.parse(f"{ASCII}:9443/a").shown == "https://bäckerei-müller.test:9443/a"
    url = Url.parse("https://[2620:fe::fe]:1024/a?b")
    assert (url.host, url.port, url.target, url.shown) == ("2620:fe::fe", 1024, "/a?b", url)


@pytest.mark.parametrize(
    "typed",
    [
        "", "example.org", "http://example.org/", "ftp://example.org/", "file:///etc/passwd", "gopher://example.org:6379/_x",
        "javascript:alert(1)", "https://", "https:///x", "https://?", "https://:443/", "https://example.org:/", "https://example.org:0/",
        "https://example.org:22/", "https://example.org:1023/", "https://example.org:65536/", "https://example.org:-1/",
        "https://example.org:x/", "https://anna:geheim@example.org/", "https://anna@example.org/", "https://example.org@127.0.0.1/",
        "https://example.org#@127.0.0.1/", "https://example.org/#x", "https://example.org\\@127.0.0.1/", "https://exa mple.org/",
        "https://example.org/a b", "https://example.org/\r\nX-Evil: 1", "https://example.org/\tx", "https://example.org/\x00",
        "https://example.org/<script>", 'https://example.org/"x', "https://localhost/", "https://intern/", "https://2130706433/",
        "https://0x7f000001/", "https://0x7f.1/", "https://127.1/", "https://0177.0.0.1/", "https://127.0.0.1.1/", "https://1.2.3/",
        "https://[::1/", "https://[::1%25eth0]/", "https://[fe80::1%eth0]/", "https://[v1.a]/", "https://[::g]/", "https://::1/",
        "https://exa%6dple.org/", "https://127.0.0%2e1/", "https://-a.example/", "https://a..example/", "https://xn--a.example/",
        "https://example.org/" + "a" * 2_000, "https://example.org/" + "ü" * 400, "//example.org/", "https:example.org",
        "https://example。org:22/", "https://example.org／@127.0.0.1", "https://example.org\u202e/", 7, None, ["https://example.org"],
    ],
)  # fmt: skip
def test_what_is_no_address_is_refused(typed: object) -> None:
    with pytest.raises(Refused):
        Url.parse(typed)


@given(
    st.text(max_size=60),
    st.sampled_from(["https://{}", "https://example.org{}", "https://example.org/{}", "https://{}.example/"]),
)
def test_whatever_is_typed_it_says_one_thing(text: str, form: str) -> None:
    """What is kept is plain ASCII, without credentials, and every reader finds the same host in it."""
    try:
        url = Url.parse(form.format(text))
    except Refused:
        return
    assert url.isascii() and url.isprintable() and " " not in url and "\\" not in url
    parts = urlsplit(url)
    assert (parts.scheme, parts.username, parts.password, parts.fragment) == ("https", None, None, "")
    assert parts.netloc in (url.host, f"{url.host}:{url.port}", f"[{url.host}]", f"[{url.host}]:{url.port}")
    assert Url.parse(url) == url


def test_kinds_of_events() -> None:
    assert EventKinds.parse("change.failed verb.performed,verb.performed") == ("verb.performed", "change.failed")
    for wrong in ("", "verb", ["change.live", "x"], [["change.live"]], ["change.live"] * 9, None):
        with pytest.raises(Refused):
            EventKinds.parse(wrong)
