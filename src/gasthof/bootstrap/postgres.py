"""A private PostgreSQL cluster: unix socket only, peer authentication, no password anywhere."""

import os
import pwd
import shutil
import subprocess
import time
from dataclasses import dataclass, replace
from pathlib import Path

from gasthof.bootstrap.guard import GUARD

BIN = Path("/usr/lib/postgresql/15/bin")
DATABASE = "gasthof"
OWNER, APP, NODES = "gasthof_owner", "gasthof_app", "gasthof_node"  # NODES is the group of all node roles
STAFF = "gasthof_staff"  # what the application becomes, for a while, to see and write everybody's rows (kernel.rows)

HBA = """\
local all       postgres       peer
local {db}      {nodes_member} peer map=nodes
local all       {owner},{app}  peer map=gasthof
"""


@dataclass(frozen=True)
class Cluster:
    data: Path
    socket: Path
    panel_user: str | None = None  # the operating system's user that may be the application's role, besides root

    def command(self) -> list[str]:
        """What a supervisor runs, as user postgres, in /."""
        return [str(BIN / "postgres"), "-D", str(self.data)]

    def create(self, *, durable: bool = True) -> None:
        """Make the data directory, once: beside its place, since what a killed `up` began may still be at work on its own."""
        if (self.data / "gasthof.conf").exists():
            return
        for left in (self.data, *self.data.parent.glob(f"{self.data.name}.new-*")):
            shutil.rmtree(left, ignore_errors=True)
        fresh = replace(self, data=self.data.with_name(f"{self.data.name}.new-{os.getpid()}"))
        fresh._make(durable)
        fresh.data.rename(self.data)

    def _make(self, durable: bool) -> None:
        self._folders()
        command = [str(BIN / "initdb"), "-D", str(self.data), "-U", "postgres", "--encoding=UTF8", "--locale=C.UTF-8"]
        subprocess.run(
            [*command, "--auth=peer", *([] if durable else ["--no-sync"])],
            check=True, user="postgres", group="postgres", extra_groups=[], cwd="/", capture_output=True, text=True,
        )  # fmt: skip
        with (self.data / "postgresql.conf").open("a") as conf:
            conf.write("include 'gasthof.conf'\n")
        self.configure(durable=durable)

    def configure(self, *, durable: bool = True) -> None:
        """Who may connect, and how it runs from its next start on."""
        self._write("pg_hba.conf", HBA.format(db=DATABASE, nodes_member=f"+{NODES}", owner=OWNER, app=APP))
        maps = [f"gasthof root {OWNER}", f"gasthof root {APP}"]
        if self.panel_user:
            maps.append(f"gasthof {self.panel_user} {APP}")
        self._write("pg_ident.conf", "\n".join(maps) + "\n")
        settings = [f"unix_socket_directories = '{self.socket}'", "listen_addresses = ''", "max_connections = 60"]
        settings += [] if durable else ["fsync = off", "synchronous_commit = off", "full_page_writes = off"]
        self._write("gasthof.conf", "\n".join(settings) + "\n")

    def _folders(self) -> None:
        user = pwd.getpwnam("postgres")
        for folder, mode in ((self.data.parent, 0o755), (self.data, 0o700), (self.socket, 0o755)):
            folder.mkdir(parents=True, exist_ok=True)
            if folder != self.data.parent:
                os.chown(folder, user.pw_uid, user.pw_gid)
            folder.chmod(mode)

    def _write(self, name: str, text: str) -> None:
        """Whole or not at all: gasthof.conf is written last and tells that the rest is there."""
        path = self.data / name
        fresh = path.with_name(name + ".new")
        fresh.write_text(text)
        user = pwd.getpwnam("postgres")
        os.chown(fresh, user.pw_uid, user.pw_gid)
        fresh.chmod(0o600)
        fresh.rename(path)

    def allow_node(self, role: str) -> None:
        """Let root on this machine be that node's role. Takes effect at the next reload."""
        path = self.data / "pg_ident.conf"
        line = f"nodes root {role}\n"
        if line not in path.read_text():
            self._write("pg_ident.conf", path.read_text() + line)

    def wait(self, seconds: float = 30) -> None:
        """Until it answers, or TimeoutError."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            check = [str(BIN / "pg_isready"), "-q", "-h", str(self.socket)]
            if subprocess.run(check, check=False).returncode == 0:
                return
            time.sleep(0.02)
        raise TimeoutError("PostgreSQL does not answer")

    def psql(self, sql: str, database: str = "postgres") -> str:
        """As the cluster's superuser."""
        command = [str(BIN / "psql"), "-h", str(self.socket), "-U", "postgres", "-d", database, "-XAtq"]
        done = subprocess.run(
            [*command, "-v", "ON_ERROR_STOP=1"],
            input=sql,
            check=False,
            user="postgres",
            group="postgres",
            extra_groups=[],
            cwd="/",
            capture_output=True,
            text=True,
        )
        if done.returncode:
            raise RuntimeError(done.stderr.strip())
        return done.stdout.strip()

    def create_database(self, database: str = DATABASE) -> None:
        """Roles and the database, each once."""
        have = set(self.psql("SELECT rolname FROM pg_roles").split())
        for role, options in ((OWNER, "LOGIN"), (APP, "LOGIN"), (STAFF, "NOLOGIN"), (NODES, "NOLOGIN")):
            if role not in have:
                self.psql(f"CREATE ROLE {role} {options}")
        # The owner may be both, so that verbs work in its shell. The application has staff's rights only when it says so.
        self.psql(f"ALTER ROLE {APP} NOINHERIT; GRANT {STAFF} TO {APP}; GRANT {APP}, {STAFF} TO {OWNER}")
        # Policies look something up for each row, which PostgreSQL takes for so dear that it compiles the plan: 80 ms, to save 2.
        self.psql(f"ALTER ROLE {APP} SET jit = off")
        self.psql(GUARD, "template1")  # databases made later, those of tests among them, start guarded
        if database not in self.psql("SELECT datname FROM pg_database").split():
            self.psql(f"CREATE DATABASE {database} OWNER {OWNER}")
        self.psql("CREATE EXTENSION IF NOT EXISTS pg_trgm;" + GUARD, database)
