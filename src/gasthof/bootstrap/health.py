"""Whether each process does its work: a probe speaks to it as its users do. None is well; else words why not."""

import http.client
import json
import ssl
import subprocess
import time
from collections.abc import Mapping
from functools import partial
from typing import Any

from gasthof.agent import daemons
from gasthof.agent.daemons import Probe
from gasthof.agent.probes import PATIENCE
from gasthof.bootstrap.place import Place
from gasthof.bootstrap.postgres import APP, BIN, DATABASE
from gasthof.bootstrap.programs import cluster, environment, programs
from gasthof.bootstrap.supervisor import Supervisor
from gasthof.prefix import Prefix

FRESH = 60.0  # seconds: an agent polls every 30, a worker's heart beats every 10
SEEN = {  # asked by psql: a Python that reads Django would take a processor for a second, again and again while all else starts
    # The agent asked for changes and told what the machine offers.
    "agent": "SELECT EXISTS (SELECT 1 FROM nodes_nodecontact WHERE facts <> '{{}}' AND last_contact > now() - interval '{seconds} seconds')",
    "worker": "SELECT EXISTS (SELECT 1 FROM procrastinate_workers WHERE last_heartbeat > now() - interval '{seconds} seconds')",
}


def probes(prefix: Prefix, place: Place) -> dict[str, Probe]:
    """One for each process, by its name."""
    supervisor = Supervisor(prefix)
    own = {
        "postgres": lambda: postgres(prefix),
        "panel": lambda: panel(prefix),
        "panel-nginx": lambda: panel(prefix),
        "agent": lambda: in_database(prefix, "agent"),
        "worker": lambda: in_database(prefix, "worker"),
    }
    known = own | {name: probe for each in daemons.installed() for name, probe in each.probes(prefix).items()}
    return {one.name: known.get(one.name) or partial(running, supervisor, one.name) for one in programs(prefix, place)}


def wait(pending: Mapping[str, Probe], seconds: float) -> dict[str, str]:
    """Until all are well or time is up; the words of those that are not."""
    until = time.monotonic() + seconds
    words = dict.fromkeys(pending, "not asked")
    while words and time.monotonic() < until:
        asked = {name: attempt(pending[name]) for name in words}
        words = {name: said for name, said in asked.items() if said}
        if words:
            time.sleep(0.2)  # while those that are asked for have the processors
    return words


def attempt(probe: Probe) -> str | None:
    try:
        return probe()
    except (OSError, http.client.HTTPException, ValueError) as error:
        return str(error) or type(error).__name__


def postgres(prefix: Prefix) -> str | None:
    check = [str(BIN / "pg_isready"), "-h", str(prefix.postgres_socket), "-U", APP, "-d", DATABASE, "-t", "3"]
    done = subprocess.run(check, check=False, capture_output=True, text=True)
    return None if done.returncode == 0 else done.stdout.strip() or done.stderr.strip()


def panel(prefix: Prefix) -> str | None:
    """Through its nginx, with the local CA alone trusted."""
    trust = ssl.create_default_context(cafile=str(prefix.ca_certificate))
    connection = http.client.HTTPSConnection("localhost", prefix.ports["panel"], timeout=PATIENCE, context=trust)
    try:
        connection.request("GET", "/health")
        answer = connection.getresponse()
        answer.read()
    finally:
        connection.close()
    return None if answer.status == 200 else f"it answers {answer.status}"


def running(supervisor: Supervisor, name: str) -> str | None:
    """For a process that nobody speaks to: it has stayed up for a while."""
    state = supervisor.states().get(name)
    return (
        None if state and state.up and state.seconds >= 2 else state.words if state else "the supervisor does not run"
    )


def in_database(prefix: Prefix, name: str) -> str | None:
    """Those that speak to PostgreSQL only leave traces there, since this start."""
    state = Supervisor(prefix).states().get(name)
    if not state or not state.up:
        return state.words if state else "the supervisor does not run"
    since = min(state.seconds + 1, FRESH)
    try:
        seen = cluster(prefix).psql(SEEN[name].format(seconds=float(since)), DATABASE) == "t"
    except RuntimeError as error:  # PostgreSQL is away, or has no tables yet
        return str(error)
    return None if seen else "it has not been seen in the database"


def nodes(prefix: Prefix, place: Place) -> list[dict[str, Any]] | None:
    """What gasthof.bootstrap.traces tells of each; None when the database is away or nothing has been set up yet."""
    if not place.python.exists():
        return None
    command = [str(place.python), "-m", "gasthof.bootstrap.traces"]
    done = subprocess.run(command, check=False, env=environment(prefix, place), cwd="/", capture_output=True, text=True)
    return list(json.loads(done.stdout)) if done.returncode == 0 else None
