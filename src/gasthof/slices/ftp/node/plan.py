"""From specs and facts to plans, for FTP users and ProFTPD itself. Pure."""

from typing import TYPE_CHECKING

from gasthof.agent.sdk.steps import (
    Ask,
    CustomerDirectory,
    LocalCertificate,
    MakeDirectory,
    Plan,
    Reload,
    RunTool,
    SetRows,
    WriteFile,
)
from gasthof.agent.sdk.want import Draft
from gasthof.prefix import Prefix
from gasthof.slices.ftp.node import configuration
from gasthof.slices.ftp.node.daemons import FTP_USER
from gasthof.slices.ftp.rules import check_spec
from gasthof.slices.ftp.spec import FtpUserSpec

if TYPE_CHECKING:
    from gasthof.slices.ftp.node.facts import BaseFacts, UserFacts

KIND = "ftp.user"


def owner(key: str) -> str:
    return f"{KIND} {key}"


def user(prefix: Prefix, key: str, spec: FtpUserSpec | None, facts: "UserFacts") -> Plan:
    """ValueError for a spec that ProFTPD could misread."""
    if spec is not None:
        check_spec(key, spec, prefix.uid_base)
    draft = Draft({}, facts.rows)
    draft.rows(SetRows(configuration.lookup(prefix), owner(key), {"users": _rows(prefix, spec)}))
    return Plan(
        prepare=_directory(prefix, spec, facts),
        rows=tuple(draft.row_sets),
        after=(Ask("ftp", "end", key),) if _outdated(spec, facts) else (),
        notes=draft.notes,
    )


def _directory(prefix: Prefix, spec: FtpUserSpec | None, facts: "UserFacts") -> tuple[CustomerDirectory, ...]:
    if spec is None or facts.directory != "missing":
        return ()
    return (CustomerDirectory(prefix.home(spec.subscription), spec.directory, spec.uid),)


def _rows(prefix: Prefix, spec: FtpUserSpec | None) -> tuple[tuple[str | int, ...], ...]:
    """Whoever is suspended has no row: there is nothing for ProFTPD to misread."""
    if spec is None or spec.suspended:
        return ()
    home = str(prefix.home(spec.subscription) / spec.directory)
    return ((spec.name, spec.hash, spec.uid, spec.uid, home),)


def _outdated(spec: FtpUserSpec | None, facts: "UserFacts") -> bool:
    """Whether a session may run that could not begin now."""
    return spec is None or any(told != spec for told in facts.told)


def base(prefix: Prefix, facts: "BaseFacts") -> Plan:
    """Folders, the look-up database, keys and certificate, and the configuration, tried out as it would be read."""
    tls, ssh = configuration.tls_folder(prefix), configuration.ssh_folder(prefix)
    draft = Draft(facts.places)
    draft.directory(MakeDirectory(configuration.folder(prefix), 0o750, "root", FTP_USER))
    for path in (tls, ssh):
        draft.directory(MakeDirectory(path, 0o700))
    draft.lookup(configuration.lookup(prefix), facts.lookup)
    path = configuration.configuration_path(prefix)
    draft.file(WriteFile(path, configuration.proftpd_conf(prefix), 0o640))
    if not facts.host_key:
        draft.prepare.append(LocalCertificate(ssh, (prefix.host,)))
        draft.notes[str(ssh / "key.pem")] = "no usable key of root's alone"
    renewed = draft.certificate(LocalCertificate(tls, (prefix.host,)), facts.certificate)
    check = (RunTool("proftpd", configuration.check_arguments(f"{path}.new")),)
    return Plan(
        prepare=tuple(draft.prepare),
        change=tuple(draft.change),
        check=check if draft.change else (),
        after=(Reload("proftpd"),) if draft.change or renewed or not facts.host_key else (),
        notes=draft.notes,
        wanted=draft.wanted,
    )
