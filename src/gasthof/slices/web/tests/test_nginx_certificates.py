"""Keys of every kind, and a cache of certificates much smaller than what is asked for."""

import random
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import idna
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat

from gasthof.slices.web.node.document import host_path, tls_directory
from gasthof.slices.web.tests.nginx_harness import WebNode, site

pytestmark = pytest.mark.daemons
COLOGNE = idna.encode("grüße-aus-köln.test", uts46=True).decode()
KINDS: dict[str, Callable[[], object]] = {
    "p256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "p384": lambda: ec.generate_private_key(ec.SECP384R1()),
    "rsa": lambda: rsa.generate_private_key(65537, 2048),
    "ed25519": ed25519.Ed25519PrivateKey.generate,
}


@pytest.fixture
def node() -> Iterator[WebNode]:
    with WebNode.started(verifier=False) as started:
        yield started


@pytest.mark.parametrize("form", [PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL])
def test_every_kind_of_key(node: WebNode, form: PrivateFormat) -> None:
    node.put(site(COLOGNE))
    directory = tls_directory(node.prefix, COLOGNE)
    for kind, make in KINDS.items():
        if kind == "ed25519" and form is not PrivateFormat.PKCS8:
            continue
        key = make()
        certificate, _ = node.authority.issue([COLOGNE], key)  # type: ignore[arg-type]
        node.write(directory / "key.pem", key.private_bytes(Encoding.PEM, form, NoEncryption()))  # type: ignore[attr-defined]
        node.write(directory / "cert.pem", certificate)
        assert node.check(host_path(node.prefix, COLOGNE)) == {}, kind
        node.tell(COLOGNE)
        assert {frozenset(node.get(COLOGNE, secure=True).names) for _ in range(4)} == {frozenset({COLOGNE})}, kind


def test_keys_that_cannot_be_read_are_named(node: WebNode) -> None:
    node.put(site(COLOGNE))
    key = ec.generate_private_key(ec.SECP256R1())
    good = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    locked = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"x"))
    lines = good.splitlines(keepends=True)
    damaged = [
        locked,
        b"".join([lines[0], lines[1][:40] + b"\n", *lines[2:]]),
        lines[0] + lines[-1],
        good.replace(b"M", b"N", 1),
        good[:-30],
        good[:60],
        b"\0" * 500,
    ]
    for content in damaged:
        node.write(tls_directory(node.prefix, COLOGNE) / "key.pem", content)
        assert node.check(host_path(node.prefix, COLOGNE)), content
        node.tell(COLOGNE)
        assert node.get(COLOGNE, secure=True).names <= {COLOGNE, "fallback.invalid"}


def test_a_cache_smaller_than_the_sites_shows_each_its_own(node: WebNode) -> None:
    settings = node.prefix.state / "web" / "lua" / "gasthof" / "settings.lua"
    small = re.sub(r"\b(certificates|documents|unknown_hosts) = \d+", r"\1 = 3", settings.read_text())
    settings.write_text(small)
    running = node.processes.pop()
    running.terminate()
    running.wait(20)
    node.start_nginx()
    names = [f"n{number}.test" for number in range(12)]
    for name in names:
        node.file(site(name), "index.html", name)
        node.put(site(name))
    draw = random.Random(1)

    def visit(_: int) -> bool:
        name = draw.choice(names)
        answer = node.get(name, secure=True, http2=draw.random() < 0.5)
        node.get(f"unknown-{name}")
        return answer.text == name and answer.names == {name}

    with ThreadPoolExecutor(6) as pool:
        for _ in range(3):
            assert all(pool.map(visit, range(120)))
            node.tell(*names)
    assert "exited on signal" not in (node.prefix.logs / "nginx-error.log").read_text()
