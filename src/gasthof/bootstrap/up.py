"""`up`: sets up what is missing, starts every process, waits until each answers. What is there already is left alone."""

import contextlib
import fcntl
import http.client
import json
import subprocess
import time
import xmlrpc.client
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from gasthof.bootstrap import (
    configuration,
    environment,
    health,
    interrupts,
    layout,
    leftovers,
    packages,
    panel_nginx,
    preflight,
    stamp,
    translations,
)
from gasthof.bootstrap import place as places
from gasthof.bootstrap.down import stop
from gasthof.bootstrap.place import Place
from gasthof.bootstrap.postgres import OWNER
from gasthof.bootstrap.programs import cluster, log, programs, render
from gasthof.bootstrap.programs import environment as clean
from gasthof.bootstrap.progress import say, step, tell
from gasthof.bootstrap.refusal import Refusal
from gasthof.bootstrap.summary import closing_words
from gasthof.bootstrap.supervisor import Supervisor, wait_until
from gasthof.prefix import Prefix

PATIENCE = 60.0  # seconds until the last process must answer
SETTLING = 5.0  # seconds: the supervisor calls a process up when it has run for one


def up(place: Place, *, detach: bool, demo: bool, ports: list[str]) -> int:
    """Exit code. In the foreground it ends when the platform does; a signal stops both, unless the platform ran before."""
    preflight.check(configuration.planned(place.prefix, configuration.parse_ports(ports)))
    interrupts.heed()
    places.settle(place)
    was_running = Supervisor(Prefix.load(place.prefix)).pid is not None
    try:
        with _alone(place.prefix):
            prefix = _bring_up(place, demo, ports)
            say(closing_words(prefix, place, _first_access(prefix, place)))
        return 0 if detach or was_running else _stay(prefix)
    except KeyboardInterrupt:
        return _interrupted(place, was_running)


def _interrupted(place: Place, was_running: bool) -> int:
    """Websites that were served before this `up` are served after it."""
    if was_running:
        _go_on(Supervisor(Prefix.load(place.prefix)))
        tell("Interrupted. The platform ran before and goes on; another `./gasthof up` finishes what this one began.")
    else:
        tell("Interrupted: stopping. Another `./gasthof up` goes on from here.")
        stop(Prefix.load(place.prefix))
    return 130


def _go_on(supervisor: Supervisor) -> None:
    """What was halted in the middle, to be started anew, is started."""
    with contextlib.suppress(OSError, http.client.HTTPException, xmlrpc.client.Error):
        for name in supervisor.states():
            supervisor.begin(name)


@contextmanager
def _alone(root: Path) -> Iterator[None]:
    with (root / "up.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Refusal(f"Another `up` is at work on {root}; wait for it to end.") from None
        yield


def _stay(prefix: Prefix) -> int:
    """Until the platform ends, or an interrupt ends it."""
    say("Running in the foreground; Ctrl-C stops everything.")
    supervisor = Supervisor(prefix)
    while supervisor.pid is not None:
        time.sleep(0.5)
    say("The platform was stopped.")
    return 0


def _bring_up(place: Place, demo: bool, ports: list[str]) -> Prefix:
    _clear_leftovers(Prefix.load(place.prefix))
    prefix = configuration.planned(place.prefix, configuration.parse_ports(ports))
    prefix = configuration.for_tryout(prefix) if demo else prefix
    preflight.need_ports(prefix.ports, Supervisor(prefix).pid)
    _machine(place)
    prefix = layout.keep_relay(prefix)
    configuration.write(prefix)
    before, now = stamp.read(prefix), stamp.current(prefix, place)
    if demo:
        now["demo"] = "yes"
    if before | now == before and _all_up(prefix, place):
        tell("Everything is up already: nothing to do.")
    else:
        _install(prefix, place, before, now, demo)
        stamp.write(prefix, before | now)
    return prefix


def _clear_leftovers(prefix: Prefix) -> None:
    """Of a supervisor that was killed: its processes would hold ports and PostgreSQL's data."""
    if count := leftovers.end(lambda: leftovers.orphans(prefix), seconds=20):
        tell(f"  {count} processes of an earlier run had lost their supervisor and were ended")


def _machine(place: Place) -> None:
    """What is the machine's: packages, users, the Python environment."""
    packages.ensure(packages.platform())
    for name in layout.missing_users():
        tell(f"  system user {name}")
        layout.add_user(name)
    environment.ensure(place)
    compile_translations(place)


def compile_translations(place: Place) -> None:
    if catalogues := translations.stale(place.source):
        run(place, None, ["gasthof.bootstrap.translations", *map(str, catalogues)], "translations")


def _first_access(prefix: Prefix, place: Place) -> dict[str, str]:
    """Address -> link, for those who have no password yet: the operator, and the demo's customers."""
    demo = prefix.root / "demo.json"
    told = json.loads(demo.read_text("utf-8"))["sites"] if demo.exists() else []
    people = [site["email"] for site in told if "email" in site]
    found: dict[str, str] = json.loads(run(place, prefix, ["gasthof.bootstrap.first_access", *people], "the way in"))
    return found


def _all_up(prefix: Prefix, place: Place) -> bool:
    states = Supervisor(prefix).states()
    up_now = all(name in states and states[name].up for name in (one.name for one in programs(prefix, place)))
    return up_now and not health.wait(health.probes(prefix, place), 2)


def _install(prefix: Prefix, place: Place, before: dict[str, str], now: dict[str, str], demo: bool) -> None:
    layout.make_folders(prefix)
    layout.make_secret(prefix)
    with step("PostgreSQL"):
        cluster(prefix).create()
        _supervise(prefix, place)
        _postgres(prefix)
    with step("database"):
        _database(prefix, place)
    with step("configuration of the daemons"):
        Supervisor(prefix).halt("agent")  # it would put back what it knows of older ports and code
        run(place, prefix, ["gasthof.agent", "--fixtures"], "the daemons' configuration")
        run(place, prefix, ["gasthof.bootstrap.panel_tls"], "the panel's certificate")
        run(place, prefix, ["django", "gather_static"], "what browsers load")
        new_panel = configuration.put(prefix.root / "panel" / "nginx.conf", panel_nginx.render(prefix), 0o600)
    _start(prefix, place, _outdated(prefix, place, before, now, new_panel))
    if demo:
        with step("demo"):
            run(place, prefix, ["gasthof.bootstrap.demo"], "the demo")


def _supervise(prefix: Prefix, place: Place) -> None:
    supervisor = Supervisor(prefix)
    changed = configuration.put(supervisor.conf, render(prefix, place), 0o600)
    if supervisor.pid is None:
        supervisor.start(place)
    elif changed:
        supervisor.reread()


def _postgres(prefix: Prefix) -> None:
    Supervisor(prefix).begin("postgres")
    try:
        cluster(prefix).wait()
    except TimeoutError as error:
        raise Refusal(f"{error}. {_last_words(prefix, 'postgres')}") from None


def _database(prefix: Prefix, place: Place) -> None:
    """Roles, tables, this machine as a node. Each step does nothing where it has been done."""
    database = cluster(prefix)
    database.create_database()
    told = run(place, prefix, ["gasthof.bootstrap.tables"], "the database's tables", role=OWNER)
    database.allow_node(told.split()[-1])
    database.psql("SELECT pg_reload_conf()")


def _outdated(prefix: Prefix, place: Place, before: dict[str, str], now: dict[str, str], new_panel: bool) -> list[str]:
    """Processes that run but from older code, packages or configuration. The agent was halted and starts anew in any case."""
    if not before:
        return ["panel-nginx"] if new_panel else []
    code = any(before.get(name) != now[name] for name in ("code", "packages"))
    ports = before.get("ports") != now["ports"]
    moved = before.get("machine", now["machine"]) != now["machine"]
    every = programs(prefix, place)
    stale = [
        one.name for one in every if (code and not one.package) or (ports and one.ports) or (moved and one.addressed)
    ]
    return [*stale, "panel-nginx"] if new_panel else stale


def _start(prefix: Prefix, place: Place, outdated: Sequence[str]) -> None:
    supervisor = Supervisor(prefix)
    names = [one.name for one in programs(prefix, place)]
    with step(f"processes: {', '.join(names)}"):
        states = supervisor.states()
        for name in names:
            if name in outdated and states[name].up:
                supervisor.restart(name)
            else:
                supervisor.begin(name)
        words = health.wait(health.probes(prefix, place), PATIENCE)
        wait_until(lambda: all(one.up for one in supervisor.states().values()), SETTLING)
        words |= {one.name: one.words for one in supervisor.states().values() if not one.up and one.name not in words}
    if words:
        told = "\n".join(f"- {name}: {said}. {_last_words(prefix, name)}" for name, said in words.items())
        raise Refusal(f"Not everything answers:\n{told}")


def _last_words(prefix: Prefix, name: str) -> str:
    path = log(prefix, name)
    lines = path.read_text("utf-8", "replace").splitlines()[-3:] if path.exists() else []
    return f"{path} ends: " + " / ".join(lines) if lines else f"{path} is empty."


def run(place: Place, prefix: Prefix | None, module: list[str], what: str, role: str | None = None) -> str:
    """A module of ours in the Python environment; its standard output. Raises Refusal with its last words."""
    values = clean(prefix or Prefix(place.prefix), place)
    if role:
        values["GASTHOF_DB_ROLE"] = role
    done = subprocess.run(
        [str(place.python), "-m", *module], check=False, env=values, cwd="/", capture_output=True, text=True
    )
    if done.returncode:
        words = "\n".join((done.stderr or done.stdout).strip().splitlines()[-12:])
        raise Refusal(f"Setting up {what} failed (`python -m {' '.join(module)}`):\n{words}")
    return done.stdout
