"""What the machine shows of FTP users and of ProFTPD. Reads only."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from gasthof.agent.kinds import Machine, Wanted
from gasthof.agent.sdk import beneath, certificate, lookup, read
from gasthof.agent.sdk.certificate import CertificateFact
from gasthof.agent.sdk.lookup import Rows
from gasthof.agent.sdk.read import Fact
from gasthof.prefix import Prefix
from gasthof.slices.ftp.node import configuration
from gasthof.slices.ftp.node.plan import KIND, owner
from gasthof.slices.ftp.rules import parts
from gasthof.slices.ftp.spec import FtpUserSpec


@dataclass(frozen=True)
class UserFacts:
    rows: Mapping[Path, Mapping[str, Rows]]
    directory: str = ""  # missing, empty, filled, other; of a user who is to stay
    told: tuple[FtpUserSpec, ...] = ()  # what sessions that run now may have begun with


@dataclass(frozen=True)
class BaseFacts:
    places: Mapping[Path, Fact]
    lookup: str  # what is wrong with the look-up database, in words
    certificate: CertificateFact
    host_key: bool  # there, and root's


def users(machine: Machine, wanted: Mapping[str, Wanted]) -> dict[str, UserFacts]:
    """Facts of each user, by login. ValueError for a name that is none."""
    for key in wanted:
        if parts(key) is None:
            raise ValueError(f"no FTP user's name: {key!r}")
    rows = lookup.facts([configuration.lookup(machine.prefix)], map(owner, wanted))
    return {key: UserFacts(rows, _directory(machine.prefix, found.spec), found.before) for key, found in wanted.items()}


def _directory(prefix: Prefix, spec: FtpUserSpec | None) -> str:
    if spec is None or spec.suspended:
        return ""
    try:
        return beneath.state(prefix.home(spec.subscription), spec.directory, spec.uid)
    except FileNotFoundError:  # the home itself: making the folder will say so
        return "missing"


def present(prefix: Prefix) -> Iterator[tuple[str, str]]:
    """The users whom the look-up database knows."""
    yield from ((key, "") for key in lookup.owners(configuration.lookup(prefix), KIND))


def base(machine: Machine) -> BaseFacts:
    prefix = machine.prefix
    tls, ssh = configuration.tls_folder(prefix), configuration.ssh_folder(prefix)
    folders = (configuration.folder(prefix), tls, ssh)
    places = {path: read.directory(path) for path in folders}
    places[configuration.configuration_path(prefix)] = read.fact(configuration.configuration_path(prefix))
    # What a kill left of the certificate beside the key is finished, though nobody reads it.
    host_key = _key(ssh) is not None and (ssh / certificate.CERTIFICATE).exists()
    return BaseFacts(places, lookup.wrong(configuration.lookup(prefix)), _certificate(machine, tls), host_key)


def _certificate(machine: Machine, folder: Path) -> CertificateFact:
    pem = _key(folder)
    issued = certificate.content(folder / certificate.CERTIFICATE)
    authority = certificate.content(machine.prefix.ca_certificate)
    return certificate.inspect(pem or b"", issued, authority, machine.clock.now())


def _key(folder: Path) -> bytes | None:
    """A key that is root's alone."""
    fact, pem = read.file(folder / certificate.KEY)
    if (fact.mode, fact.owner, fact.group) != (0o640, "root", "root") or certificate.load_key(pem) is None:
        return None
    return pem
