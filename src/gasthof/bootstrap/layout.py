"""Users and folders that daemons need before they start (docs/architecture.md, "Under the prefix")."""

import grp
import os
import pwd
import subprocess
from dataclasses import replace
from pathlib import Path

from gasthof.agent import daemons
from gasthof.agent.daemons import Folder
from gasthof.bootstrap.configuration import new_secret, put
from gasthof.bootstrap.progress import tell
from gasthof.bootstrap.refusal import Refusal
from gasthof.prefix import PANEL_USER, Prefix, without_password

FOLDERS = (
    Folder("run", 0o755),
    Folder("run/panel", 0o750, PANEL_USER, PANEL_USER),
    Folder("node", 0o711),
    Folder("node/ca", 0o700),
    Folder("customers", 0o711),
    Folder("logs", 0o711),
    Folder("supervisor", 0o700),
    Folder("panel", 0o750, "root", PANEL_USER),
    Folder("panel/tls", 0o700),
    Folder("panel/tmp", 0o700, PANEL_USER, PANEL_USER),
    Folder("panel/memory", 0o700, PANEL_USER, PANEL_USER),
)


def users() -> list[str]:
    """System users of the house and of what its slices bring."""
    return list(dict.fromkeys([PANEL_USER, *(name for each in daemons.installed() for name in each.users)]))


def missing_users() -> list[str]:
    have = {entry.pw_name for entry in pwd.getpwall()}
    return [name for name in users() if name not in have]


def add_user(name: str) -> None:
    """A system user with a group of its own, without a home or a shell."""
    command = ["/usr/sbin/useradd", "--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent"]
    done = subprocess.run([*command, "--shell", "/usr/sbin/nologin", name], check=False, capture_output=True, text=True)
    if done.returncode and name in missing_users():
        raise Refusal(f"The system user {name} could not be made: {done.stderr.strip()}")


def make_folders(prefix: Prefix) -> None:
    """Each with its owner and mode, also when it was there before."""
    brought = list(daemons.installed())
    for folder in (*FOLDERS, *(one for each in brought for one in each.folders)):
        path = prefix.root / folder.path
        path.mkdir(exist_ok=True)
        os.chown(path, pwd.getpwnam(folder.owner).pw_uid, grp.getgrnam(folder.group).gr_gid)
        path.chmod(folder.mode)
    for name in (name for each in brought for name in each.private_logs):
        path = prefix.logs / name
        path.touch()
        path.chmod(0o600)


def make_secret(prefix: Prefix) -> None:
    """The panel's signing key, random for each installation."""
    path = prefix.root / "panel" / "secret"
    if not path.exists():
        put(path, new_secret() + "\n", 0o600)
    _for_panel(path)


def keep_relay(prefix: Prefix) -> Prefix:
    """The prefix without the password of its relay, which lies in a file of its own from now on."""
    path, public = prefix.relay_secret, without_password(prefix.mail_relay)
    if public != prefix.mail_relay:
        path.parent.mkdir(exist_ok=True)
        put(path, prefix.mail_relay + "\n", 0o600)
        _for_panel(path)
        tell(f"  the relay's password was taken out of config.toml: it lies in {path}, which only the panel reads")
    elif path.exists() and without_password(path.read_text("utf-8").strip()) != public:
        path.unlink()
    return replace(prefix, mail_relay=public)


def _for_panel(path: Path) -> None:
    """Root's; the panel and the worker may read it."""
    os.chown(path, 0, grp.getgrnam(PANEL_USER).gr_gid)
    path.chmod(0o640)
