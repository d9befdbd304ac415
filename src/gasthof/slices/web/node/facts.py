"""What the machine shows of websites, PHP pools and their nginx. Reads only."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from gasthof.agent.kinds import Machine, Wanted
from gasthof.agent.sdk import beneath, certificate, read, tools
from gasthof.agent.sdk.ask import Away
from gasthof.agent.sdk.certificate import CertificateFact
from gasthof.agent.sdk.read import Fact
from gasthof.prefix import WEB_USER, Prefix
from gasthof.slices.web.node.document import HOST, fallback_tls, host_path, tls_directory
from gasthof.slices.web.node.nginx import nginx_files
from gasthof.slices.web.node.plan import nginx_folders, trial_folder
from gasthof.slices.web.node.pool import conf_path, json_path, parse_key
from gasthof.slices.web.node.services import RELOADS, NginxAdmin
from gasthof.slices.web.spec import SiteSpec

LUA = ("lua", "pages")  # folders below node/web that hold nothing but nginx's configuration


class Stamp(msgspec.Struct):
    """The part of a document that says whose it is."""

    site: str


@dataclass(frozen=True)
class SiteFacts:
    places: Mapping[Path, Fact]  # documents and root's folders
    owners: Mapping[str, str]  # host -> the site that its document names; "" for one that cannot be read
    certificate: CertificateFact = field(default_factory=CertificateFact)
    docroot: str = ""  # missing, empty, filled, other; of a site that is to stay
    doomed: SiteSpec | None = None  # the site as last told, when its document root is to go
    kept: tuple[str, ...] = ()  # document roots of other sites of that subscription


@dataclass(frozen=True)
class PoolFacts:
    places: Mapping[Path, Fact]


@dataclass(frozen=True)
class BaseFacts:
    places: Mapping[Path, Fact]
    authority: bool  # usable
    fallback: CertificateFact


@dataclass(frozen=True)
class NginxFacts:
    places: Mapping[Path, Fact]
    extra: tuple[Path, ...]  # files that no configuration of ours has
    running: bool
    loaded: str  # digest that a worker runs with


def sites(machine: Machine, wanted: Mapping[str, Wanted]) -> dict[str, SiteFacts]:
    """Facts of each site, by name."""
    return {key: _site(machine, key, found) for key, found in wanted.items()}


def _site(machine: Machine, key: str, wanted: Wanted) -> SiteFacts:
    prefix, spec = machine.prefix, wanted.spec
    hosts = _hosts(wanted)
    places, owners = _documents(prefix, hosts)
    folder = tls_directory(prefix, key)
    for path in {folder, folder.parent} | {path.parent for path in places}:
        places[path] = read.directory(path)
    if spec is None:
        doomed = wanted.before[-1] if wanted.before and wanted.ordered else None
        return SiteFacts(places, owners, doomed=doomed, kept=tuple(other.docroot for other in wanted.around))
    found = _certificate(machine, folder)
    return SiteFacts(places, owners, found, _docroot(prefix, spec))


def _hosts(wanted: Wanted) -> list[str]:
    """Every host name that may have a document of this site."""
    told = [host for spec in (wanted.spec, *wanted.before) if spec for host in spec.hosts]
    return list(dict.fromkeys([*told, *wanted.trace]))


def _documents(prefix: Prefix, hosts: list[str]) -> tuple[dict[Path, Fact], dict[str, str]]:
    places: dict[Path, Fact] = {}
    owners: dict[str, str] = {}
    for host in hosts:
        path = host_path(prefix, host)
        places[path], content = read.file(path)
        if not content and places[path].unsettled:  # its removal was broken off
            content = read.file(Path(read.beside(path, read.KEPT)))[1]
        if content or places[path].what != "missing" or places[path].unsettled:
            owners[host] = _owner(content)
    return places, owners


def _owner(content: bytes) -> str:
    try:
        return msgspec.json.decode(content, type=Stamp).site
    except (msgspec.DecodeError, UnicodeDecodeError):
        return ""


def _docroot(prefix: Prefix, spec: SiteSpec) -> str:
    try:
        return beneath.state(prefix.home(spec.subscription), spec.docroot, spec.uid)
    except FileNotFoundError:  # the home itself: making the folder will say so
        return "missing"


def _certificate(machine: Machine, folder: Path) -> CertificateFact:
    return certificate.look(folder, WEB_USER, machine.prefix.ca_certificate, machine.clock.now())


def present_sites(prefix: Prefix) -> Iterator[tuple[str, str]]:
    """(site, host) of each document, also of one whose swap was broken off, and (site, "") of each certificate's folder."""
    web = prefix.state / "web"
    for path in (web / "hosts").glob("??/*"):
        host, json, suffix = path.name.rpartition(".json")
        if json and (not suffix or suffix in read.SUFFIXES) and HOST.fullmatch(host):
            yield _owner(read.file(path)[1]) or host, host
    for path in (web / "tls").glob("??/*"):
        if HOST.fullmatch(path.name):
            yield path.name, ""


def pools(machine: Machine, wanted: Mapping[str, Wanted]) -> dict[str, PoolFacts]:
    """Facts of each pool, by key. ValueError for a key that is none."""
    return {key: PoolFacts(_pool_places(machine.prefix, parse_key(key))) for key in wanted}


def _pool_places(prefix: Prefix, key: str) -> dict[Path, Fact]:
    files = {path: read.fact(path) for path in (conf_path(prefix, key), json_path(prefix, key))}
    folder = conf_path(prefix, key).parent
    return files | {folder: read.directory(folder)}


def present_pools(prefix: Prefix) -> Iterator[tuple[str, str]]:
    for path in (prefix.state / "php" / "pools").glob("*/*"):
        if path.suffix in (".conf", ".json"):
            yield f"{path.parent.name}/{path.stem}", ""


def base(machine: Machine) -> BaseFacts:
    """Folders, the local authority and the certificate for names that are nobody's."""
    prefix = machine.prefix
    web = prefix.state / "web"
    folders = (
        web,
        web / "hosts",
        web / "tls",
        fallback_tls(prefix),
        prefix.ca_key.parent,
        prefix.state / "php",
        prefix.state / "php" / "pools",
    )
    try:
        certificate.load_authority(prefix.ca_key, prefix.ca_certificate)
        usable = True
    except RuntimeError:
        usable = False
    return BaseFacts(
        {path: read.directory(path) for path in folders}, usable, _certificate(machine, fallback_tls(prefix))
    )


def nginx(machine: Machine) -> NginxFacts:
    prefix = machine.prefix
    web = prefix.state / "web"
    names = nginx_files(prefix)
    wanted = {web / name for name in names}
    found = {path for folder in LUA for path in (web / folder).rglob("*") if path.is_file() or path.is_symlink()}
    extra = {_settled(path) for path in found} - wanted
    places = {path: read.fact(path) for path in wanted | extra}
    places |= {path: read.directory(path) for path in (*nginx_folders(web, names), trial_folder(prefix))}
    running = tools.running(prefix, RELOADS["nginx"]) is not None
    return NginxFacts(places, tuple(sorted(extra)), running, _loaded(prefix) if running else "")


def _settled(path: Path) -> Path:
    """The file that this one lies beside, or itself."""
    return path.with_suffix("") if path.suffix in read.SUFFIXES else path


def _loaded(prefix: Prefix) -> str:
    try:
        return NginxAdmin(prefix.nginx_admin).configuration()
    except (Away, RuntimeError):
        return ""
