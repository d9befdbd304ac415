"""The processes of the platform, as data, and the supervisor's configuration made from them."""

import resource
import shlex
from pathlib import Path

from gasthof.agent import daemons
from gasthof.agent.daemons import Program
from gasthof.bootstrap.place import Place
from gasthof.bootstrap.postgres import Cluster
from gasthof.prefix import PANEL_USER, Prefix

FILES = 20_000  # as many open files as can be had without CAP_SYS_RESOURCE


def cluster(prefix: Prefix) -> Cluster:
    return Cluster(prefix.postgres_data, prefix.postgres_socket, PANEL_USER)


def programs(prefix: Prefix, place: Place) -> tuple[Program, ...]:
    """In the order in which they start."""
    python = str(place.python)

    def module(name: str, *arguments: str) -> tuple[str, ...]:
        return (python, "-m", name, *arguments)

    gunicorn = ("--bind", f"unix:{prefix.panel_socket}", "--workers", "2", "--threads", "4", "--no-control-socket")
    worker = ("--no-listen-notify", "--fetch-job-polling-interval", "0.25", "--delete-jobs", "successful")
    database = tuple(cluster(prefix).command())
    return (
        Program("postgres", database, "postgres", "INT", 30, package="postgresql-15"),
        *(program for each in daemons.installed() for program in each.programs(prefix, python)),
        Program("agent", module("gasthof.agent"), stop_seconds=20),
        # It polls: any role can send a NOTIFY, and a stolen node's could break a worker that reads their payloads.
        Program(
            "worker",
            module("django", "procrastinate", "worker", *worker),
            PANEL_USER,
            stop_seconds=20,
        ),
        Program("panel", module("gunicorn", *gunicorn, "gasthof.panel.wsgi:application"), PANEL_USER),
        Program("panel-nginx", module("gasthof.bootstrap.panel_door"), stop="QUIT", package="nginx", ports=("panel",)),
    )


def environment(prefix: Prefix, place: Place) -> dict[str, str]:
    """All that a process is given. Nothing of the operator's own: a CA bundle or proxy of theirs is not ours."""
    return {
        "GASTHOF_PREFIX": str(prefix.root),
        "DJANGO_SETTINGS_MODULE": "gasthof.settings",
        "PYTHONPATH": str(place.source),
        "PYTHONUNBUFFERED": "1",
        "PYTHONUTF8": "1",
        "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
        "LANG": "C.UTF-8",
        "HOME": "/",
    }


def render(prefix: Prefix, place: Place) -> str:
    """supervisord.conf. Nothing starts by itself: `up` starts each when what it needs is there."""
    folder = prefix.root / "supervisor"
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    files = FILES if hard == resource.RLIM_INFINITY else min(FILES, hard)
    sections = [
        _section("unix_http_server", {"file": str(prefix.supervisor_socket), "chmod": "0700"}),
        _section(
            "supervisord",
            {
                "logfile": str(prefix.logs / "supervisord.log"),
                "logfile_maxbytes": "10MB",
                "logfile_backups": "3",
                "pidfile": str(folder / "supervisord.pid"),
                "childlogdir": str(prefix.logs),
                "nodaemon": "true",
                "user": "root",
                "umask": "077",
                "minfds": str(files),
            },
        ),
        _section(
            "rpcinterface:supervisor",
            {"supervisor.rpcinterface_factory": "supervisor.rpcinterface:make_main_rpcinterface"},
        ),
        _section("supervisorctl", {"serverurl": f"unix://{prefix.supervisor_socket}"}),
    ]
    return "\n".join(
        [*sections, *(_program(prefix, place, *numbered) for numbered in enumerate(programs(prefix, place)))]
    )


def log(prefix: Prefix, name: str) -> Path:
    return prefix.logs / f"{name}.log"


def _program(prefix: Prefix, place: Place, order: int, program: Program) -> str:
    group = "true" if program.group else "false"
    given = environment(prefix, place)
    values = {
        "command": shlex.join(program.command),
        "user": program.user,
        "directory": "/",
        "environment": ",".join(f'{name}="{value}"' for name, value in given.items()),
        "umask": "022",
        "priority": str(order),  # the supervisor stops them in the opposite order
        "autostart": "false",
        "autorestart": "true",
        "startsecs": "1",
        "startretries": "100000",  # whatever ails it may pass; giving up would need a person
        "stopsignal": program.stop,
        "stopwaitsecs": str(program.stop_seconds),
        "stopasgroup": "false",
        "killasgroup": group,
        "redirect_stderr": "true",
        "stdout_logfile": str(log(prefix, program.name)),
        "stdout_logfile_maxbytes": "10MB",
        "stdout_logfile_backups": "3",
    }
    return _section(f"program:{program.name}", values)


def _section(name: str, values: dict[str, str]) -> str:
    lines = (f"{key}={value.replace('%', '%%')}\n" for key, value in values.items())
    return f"[{name}]\n{''.join(lines)}"
