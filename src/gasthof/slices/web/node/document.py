"""What nginx is told about a website: one document for each host name, a pure function of its SiteSpec.

A document is canonical JSON in UTF-8 (msgspec, deterministic order) below node/web/hosts/HH/HOST.json, HH being the first two hex
digits of the host's CRC-32. nginx's lua reads it at the first request and keeps it until it is told of a change, or for a few
seconds. Every field is always there; an empty string or list means "none":

    digest            first field; SHA-256 in hex over the canonical JSON of all the others: what `tell` answers with
    version           1; another one is refused
    host              A-label that this document is for, as in its file's name
    site, customer    the site's name and the subscription's system name, for the access log
    root, docroot     absolute folders; symbolic links are trusted down to `root`, which the customer cannot write
    certificate, key  absolute paths of PEM files
    preferred         A-label that every other host of the site redirects to
    https_redirect    whether plain HTTP redirects to HTTPS
    front_controller  whether what is not a file goes to /index.php
    suspended         whether all is answered with 503
    php_socket        absolute path of the customer's php-fpm; "" switches PHP off
    php_values        text of PHP_VALUE, one setting a line
    protections       [{path, folded, title, users: [{name, hash}]}], longest path first; `folded` is the path in ASCII lower case
"""

import hashlib
import re
import string
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any
from zlib import crc32

import msgspec

from gasthof.prefix import Prefix
from gasthof.slices.web.spec import Php, Protection, SiteSpec

VERSION = 1
LIMIT = 256 * 1024  # bytes of one document; nginx refuses a larger one
HOST = re.compile(r"(?=.{1,253}\Z)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)+")
SUBSCRIPTION = re.compile(r"[a-z][a-z0-9]{0,31}")
PHP_VERSION = re.compile(r"[0-9]{1,2}\.[0-9]{1,2}")
SETTING_NAME = re.compile(r"[a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)?")
SETTING_VALUE = re.compile(r"[A-Za-z0-9 _.,:/@+-]*")  # nothing that PHP's ini scanner gives a meaning to within quotes
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
FOLD = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)


def bucket(name: str) -> str:
    """Two hex digits that spread names over 256 folders."""
    return f"{crc32(name.encode('ascii')):08x}"[:2]


def host_path(prefix: Prefix, host: str) -> Path:
    """Where the document of this A-label lies. ValueError if it is none."""
    return _folder_of(prefix.state, "hosts", bucket(_checked(HOST, host, "host"))) / f"{host}.json"


def tls_directory(prefix: Prefix, site: str) -> Path:
    """Holds key.pem and cert.pem of this site (its domain's A-label)."""
    return _folder_of(prefix.state, "tls", bucket(_checked(HOST, site, "site"))) / site


@lru_cache(maxsize=1_024)
def _folder_of(state: Path, what: str, spread: str) -> Path:
    return state / "web" / what / spread


def fallback_tls(prefix: Prefix) -> Path:
    """Holds key.pem and cert.pem for handshakes that name no site of ours."""
    return prefix.state / "web" / "tls" / "fallback"


def documents(prefix: Prefix, spec: SiteSpec) -> dict[str, bytes]:
    """Host -> document, for each host of the site. ValueError names a field that nginx or PHP could misread."""
    shared = _shared(prefix, spec)
    return {host: seal({"host": _checked(HOST, host, "host")} | shared) for host in spec.hosts}


def seal(fields: Mapping[str, Any]) -> bytes:
    """The document with these fields and their digest before them."""
    digest = hashlib.sha256(_canonical(fields)).hexdigest()
    document = msgspec.json.encode({"digest": digest} | dict(sorted(fields.items())))
    if len(document) > LIMIT:
        raise ValueError(f"document of {len(document)} bytes, at most {LIMIT} are served")
    return document


def digest_of(document: bytes) -> str:
    """What `tell` answers with once this document is served."""
    return str(msgspec.json.decode(document)["digest"])


def _canonical(value: object) -> bytes:
    return msgspec.json.encode(value, order="deterministic")


def _shared(prefix: Prefix, spec: SiteSpec) -> dict[str, Any]:
    home = prefix.home(_checked(SUBSCRIPTION, spec.subscription, "subscription"))
    tls = tls_directory(prefix, spec.name)
    return {
        "version": VERSION,
        "site": spec.name,
        "customer": spec.subscription,
        "root": str(home),
        "docroot": str(home / _folder(spec.docroot)),
        "certificate": str(tls / "cert.pem"),
        "key": str(tls / "key.pem"),
        "preferred": _preferred(spec),
        "https_redirect": spec.https_redirect,
        "front_controller": spec.front_controller,
        "suspended": spec.suspended,
        "php_socket": _php_socket(prefix, spec),
        "php_values": php_values(spec.php) if spec.php else "",
        "protections": [_protection(item) for item in _longest_first(spec.protections)],
    }


def php_values(php: Php) -> str:
    """PHP_VALUE: `name = "value"` lines, sorted. ValueError for what PHP could read as more than one value."""
    lines = []
    for name, value in sorted(php.settings.items()):
        _checked(SETTING_NAME, name, "PHP setting")
        lines.append(f'{name} = "{_checked(SETTING_VALUE, value, name)}"')
    return "\n".join(lines)


def _php_socket(prefix: Prefix, spec: SiteSpec) -> str:
    if not spec.php:
        return ""
    return str(prefix.php_socket(_checked(PHP_VERSION, spec.php.version, "PHP version"), spec.subscription))


def _preferred(spec: SiteSpec) -> str:
    if spec.preferred and spec.preferred not in spec.hosts:
        raise ValueError(f"preferred host {spec.preferred!r} is none of the site's")
    return spec.preferred or ""


def _protection(item: Protection) -> dict[str, Any]:
    if item.path and (not item.path.startswith("/") or item.path.endswith("/") or not _segments(item.path[1:])):
        raise ValueError(f"protected path {item.path!r}")
    _plain(item.title, "title")
    for user in item.users:
        if not user.name or ":" in _plain(user.name, "user name"):
            raise ValueError(f"user name {user.name!r}")  # RFC 7617 section 2: no colon in a user-id
    users = [{"name": user.name, "hash": _plain(user.hash, "hash")} for user in item.users]
    return {"path": item.path, "folded": item.path.translate(FOLD), "title": item.title, "users": users}


def _longest_first(items: tuple[Protection, ...]) -> list[Protection]:
    return sorted(items, key=lambda item: (-len(item.path.encode()), item.path))


def _folder(path: str) -> str:
    if not _segments(path):
        raise ValueError(f"document root {path!r}")
    return path


def _segments(path: str) -> bool:
    return not CONTROL.search(path) and all(part not in ("", ".", "..") for part in path.split("/"))


def _plain(text: str, field: str) -> str:
    if CONTROL.search(text):
        raise ValueError(f"{field} holds a control character")
    return text


def _checked(grammar: re.Pattern[str], text: str, field: str) -> str:
    if not grammar.fullmatch(text):
        raise ValueError(f"{field} {text!r}")
    return text
