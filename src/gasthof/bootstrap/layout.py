"""Users and folders that daemons need before they start (docs/architecture.md, "Under the prefix")."""

import grp
import os
import pwd
import subprocess
from dataclasses import dataclass

from gasthof.bootstrap.configuration import new_secret, put
from gasthof.bootstrap.refusal import Refusal
from gasthof.prefix import PANEL_USER, VERIFY_USER, WEB_USER, Prefix

USERS = (WEB_USER, PANEL_USER, VERIFY_USER)


@dataclass(frozen=True)
class Folder:
    path: str  # relative to the prefix
    mode: int
    owner: str = "root"
    group: str = "root"


FOLDERS = (
    Folder("run", 0o755),
    Folder("run/nginx-admin", 0o700),
    Folder("run/verify", 0o2750, VERIFY_USER, WEB_USER),
    Folder("run/php", 0o750, "root", WEB_USER),
    Folder("run/activator", 0o700),
    Folder("run/panel", 0o750, PANEL_USER, PANEL_USER),
    Folder("node", 0o711),
    Folder("node/ca", 0o700),
    Folder("node/web", 0o750, "root", WEB_USER),
    Folder("node/php", 0o711),
    Folder("node/php/pools", 0o711),
    Folder("customers", 0o711),
    Folder("logs", 0o711),
    Folder("supervisor", 0o700),
    Folder("panel", 0o750, "root", PANEL_USER),
    Folder("panel/tls", 0o700),
    Folder("panel/tmp", 0o700, PANEL_USER, PANEL_USER),
)


PRIVATE_LOGS = ("access.log", "nginx-error.log")  # nginx would make them readable to all


def missing_users() -> list[str]:
    have = {entry.pw_name for entry in pwd.getpwall()}
    return [name for name in USERS if name not in have]


def add_user(name: str) -> None:
    """A system user with a group of its own, without a home or a shell."""
    command = ["/usr/sbin/useradd", "--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent"]
    done = subprocess.run([*command, "--shell", "/usr/sbin/nologin", name], check=False, capture_output=True, text=True)
    if done.returncode and name in missing_users():
        raise Refusal(f"The system user {name} could not be made: {done.stderr.strip()}")


def make_folders(prefix: Prefix) -> None:
    """Each with its owner and mode, also when it was there before."""
    for folder in FOLDERS:
        path = prefix.root / folder.path
        path.mkdir(exist_ok=True)
        os.chown(path, pwd.getpwnam(folder.owner).pw_uid, grp.getgrnam(folder.group).gr_gid)
        path.chmod(folder.mode)
    for name in PRIVATE_LOGS:
        path = prefix.logs / name
        path.touch()
        path.chmod(0o600)


def make_secret(prefix: Prefix) -> None:
    """The panel's signing key, random for each installation."""
    path = prefix.root / "panel" / "secret"
    if not path.exists():
        put(path, new_secret() + "\n", 0o600)
    os.chown(path, 0, grp.getgrnam(PANEL_USER).gr_gid)
    path.chmod(0o640)
