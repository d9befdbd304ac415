"""What a node is told about websites (spec rows P6, P7, P9). Pure data; the wire form is its JSON."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class ProtectedUser:
    name: str
    hash: str  # argon2id, PHC string


@dataclass(frozen=True)
class Protection:
    """A protected directory as the site's visitors meet it."""

    path: str  # decoded URL path without trailing slash; "" is the whole site
    title: str
    users: tuple[ProtectedUser, ...] = ()  # empty: closed to all


@dataclass(frozen=True)
class Php:
    version: str  # "8.2"
    settings: dict[str, str] = field(default_factory=dict)  # names out of rules.PHP_SETTINGS, checked values


@dataclass(frozen=True)
class SiteSpec:
    """Kind "web.site", key: the domain's A-label."""

    name: str
    subscription: str  # system name, "s000012"
    uid: int  # numeric; gid is the same number
    docroot: str  # relative to the subscription's folder, "web/xn--..."
    hosts: tuple[str, ...]  # A-labels served: the domain, its www name, aliases; the certificate's names
    preferred: str | None = None  # A-label out of hosts that the others redirect to
    https_redirect: bool = True
    php: Php | None = None
    front_controller: bool = False  # what is not a file goes to /index.php
    protections: tuple[Protection, ...] = ()
    suspended: bool = False  # answers 503 with the suspension page


@dataclass(frozen=True)
class PoolSpec:
    """Kind "web.pool", key "8.2/s000012": a customer's own php-fpm master, started on demand."""

    subscription: str
    uid: int
    version: str
    max_children: int = 5
