"""`status`: processes, endpoints, nodes. Each part is told as far as it can be, whatever else is dead."""

import json
import socket
from typing import Any

from gasthof.agent.daemons import Program
from gasthof.agent.probes import PATIENCE
from gasthof.bootstrap import health, leftovers, machine, packages
from gasthof.bootstrap.endpoints import endpoints
from gasthof.bootstrap.place import Place
from gasthof.bootstrap.programs import programs
from gasthof.bootstrap.progress import say
from gasthof.bootstrap.supervisor import Supervisor
from gasthof.bootstrap.version import VERSION
from gasthof.prefix import Prefix

Row = dict[str, Any]
SILENCE = 120  # seconds: four times what an agent lets pass between two questions
WORDS = 200  # characters of an event


def status(place: Place, *, as_json: bool) -> int:
    """Exit code 0 when all is well, 1 otherwise."""
    prefix = Prefix.load(place.prefix)
    report = gather(prefix, place)
    say(json.dumps(report, indent=2, ensure_ascii=False) if as_json else render(report))
    return 0 if well(report) else 1


def well(report: Row) -> bool:
    """Every process is up, every node heard of lately and none parked. A change that failed is shown, and is no alarm."""
    nodes = report["nodes"] or []
    return bool(nodes) and all(row["up"] for row in report["processes"]) and not any(_lost(node) for node in nodes)


def _lost(node: Row) -> bool:
    return _silent(node) or bool(node["parked"])


def _silent(node: Row) -> bool:
    return node["silent"] is None or node["silent"] > SILENCE


def gather(prefix: Prefix, place: Place) -> Row:
    """processes: name, up, port, version, memory (bytes). endpoints. nodes: None when PostgreSQL does not tell. ca. isolation."""
    return {
        "prefix": str(prefix.root),
        "processes": process_rows(prefix, place),
        "endpoints": [one.row() for one in endpoints(prefix)],
        "nodes": health.nodes(prefix, place),
        "ca": str(prefix.ca_certificate) if prefix.ca_certificate.exists() else None,
        "isolation": isolation(prefix),
    }


def process_rows(prefix: Prefix, place: Place) -> list[Row]:
    states, table = Supervisor(prefix).states(), machine.processes()
    customers = {one.pid for one in leftovers.customers(prefix)}
    rows = []
    for program in programs(prefix, place):
        state = states.get(program.name)
        pid = state.pid if state and state.up else 0
        tree = machine.descendants(pid, table) if pid else []
        own = [one for one in tree if one.pid not in customers]
        rows.append(_row(prefix, program, bool(pid), own) | {"pid": pid or None})
    return [*rows, _php_row(prefix, bool(states.get("activator") and states["activator"].up))]


def _row(prefix: Prefix, program: Program, up: bool, tree: list[machine.Process]) -> Row:
    return {
        "name": program.name,
        "up": up,
        "port": [prefix.ports[name] for name in program.ports],
        "version": packages.version(program.package) if program.package else VERSION,
        "memory": sum(machine.memory(one.pid) for one in tree),
    }


def _php_row(prefix: Prefix, up: bool) -> Row:
    """Customers' masters and their children come and go; they are up as long as the activator can start them."""
    running = leftovers.customers(prefix)
    memory = sum(machine.memory(one.pid) for one in running)
    return {
        "name": "php-fpm",
        "up": up,
        "port": [],
        "version": packages.version("php8.2-fpm"),
        "memory": memory,
        "pid": None,
    }


def isolation(prefix: Prefix) -> list[str] | None:
    """What the machine lacks of the walls between customers, in the activator's words; None when it does not answer."""
    with socket.socket(socket.AF_UNIX) as wire:
        wire.settimeout(PATIENCE)
        try:
            wire.connect(str(prefix.activator_control))
            wire.sendall(b'{"verb": "list"}\n')
            with wire.makefile("rb") as lines:
                answer = json.loads(lines.readline() or b"{}")
        except (OSError, ValueError):
            return None
    return [str(note) for note in answer.get("lacks", [])]


def render(report: Row) -> str:
    """The same for people."""
    lines = _table([("process", "state", "port", "version", "memory"), *map(_process_cells, report["processes"])])
    lines += ["", "listening", *(f"  {line}" for line in _table([*map(_endpoint_cells, report["endpoints"])]))]
    lines += ["", *_node_lines(report["nodes"]), "", f"local CA: {report['ca'] or 'not made yet'}"]
    notes = ["unknown, the activator does not answer"] if report["isolation"] is None else report["isolation"]
    return "\n".join([*lines, "isolation: " + ("; ".join(notes) or "everything the machine can give")])


def _process_cells(row: Row) -> tuple[str, ...]:
    size = f"{row['memory'] / 1e6:.1f} MB" if row["memory"] else ""
    port = ", ".join(map(str, row["port"]))
    return row["name"], "up" if row["up"] else "DOWN", port, row["version"].partition("+")[0], f"{size:>9}"


def _endpoint_cells(one: Row) -> tuple[str, ...]:
    return one["name"], one["address"], "" if one["listening"] else "(nobody listens)"


def _table(rows: list[tuple[str, ...]]) -> list[str]:
    """Columns as wide as their widest cell."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def _node_lines(nodes: list[Row] | None) -> list[str]:
    if nodes is None:
        return ["nodes: unknown, PostgreSQL does not answer (websites are served all the same)"]
    lines = []
    for node in nodes:
        counts = f"{node['objects']} objects, {node['pending']} pending, {len(node['errors'])} errors"
        silent = "SILENT, " if _silent(node) else ""
        lines.append(f"node {node['name']}: {silent}last contact {node['last_contact'] or 'never'}, {counts}")
        lines += [f"  {error}" for error in node["errors"]]
        lines += [f"  {state}: {node[state]}" for state in ("parked", "held") if node[state]]
        lines += ["  lately:"] * bool(node["events"]) + [f"    {_event(one)}" for one in node["events"]]
    return lines or ["nodes: none registered"]


def _event(event: Row) -> str:
    """On one line, as far as a screen is wide."""
    words = " ".join(event["words"].split())
    told = " ".join(part for part in (event["at"], event["what"], event["subject"]) if part)
    return f"{told}: {words[:WORDS]}" if words else told
