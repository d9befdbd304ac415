"""ProFTPD, and what it needs of the machine."""

from collections.abc import Mapping

from gasthof.agent import probes
from gasthof.agent.daemons import Daemons, Folder, Probe, Program
from gasthof.prefix import Prefix

FTP_USER = "gasthof-ftp"  # sessions run as it until somebody has signed in; its group reads the look-up database


def _programs(_prefix: Prefix, python: str) -> tuple[Program, ...]:
    command = (python, "-m", "gasthof.slices.ftp.proftpd")
    return (Program("proftpd", command, package="proftpd-core", ports=("ftp", "sftp"), addressed=True),)


def _probes(prefix: Prefix) -> Mapping[str, Probe]:
    return {"proftpd": lambda: _greets(prefix)}


def _greets(prefix: Prefix) -> str | None:
    ftp = probes.greets(prefix.ports["ftp"], b"220 ")
    return ftp or probes.greets(prefix.ports["sftp"], b"SSH-2.0-")


DAEMONS = Daemons(
    packages=("proftpd-core", "proftpd-mod-crypto", "proftpd-mod-sqlite"),
    test_packages=("lftp", "openssh-client"),
    users=(FTP_USER,),
    folders=(
        Folder("node/ftp", 0o750, "root", FTP_USER),
        Folder("node/ftp/tls", 0o700),
        Folder("node/ftp/ssh", 0o700),
        Folder("run/ftp", 0o700),
    ),
    programs=_programs,
    probes=_probes,
    listens={"ftp": "FTP, TLS required, port {}", "sftp": "SFTP, port {}"},
)
