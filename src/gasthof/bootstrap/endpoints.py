"""What listens where, for the operator's eyes."""

from dataclasses import asdict, dataclass

from gasthof.agent import daemons
from gasthof.bootstrap import machine
from gasthof.prefix import Prefix


@dataclass(frozen=True)
class Endpoint:
    name: str
    address: str
    public: bool  # spoken to from outside; the others are between our own processes
    listening: bool

    def row(self) -> dict[str, str | bool]:
        return asdict(self)


def endpoints(prefix: Prefix) -> list[Endpoint]:
    ports = prefix.ports
    brought = list(daemons.installed())
    named = {"panel": "https://localhost:{}"} | {name: form for each in brought for name, form in each.listens.items()}
    tcp = [_public(name, form, ports[name]) for name, form in named.items()]
    sockets = {
        "postgres": prefix.postgres_socket / ".s.PGSQL.5432",
        **{name: path for each in brought for name, path in each.sockets(prefix).items()},
        "gunicorn": prefix.panel_socket,
        "supervisor": prefix.supervisor_socket,
    }
    inside = {name: place for each in brought for name, place in each.inside(prefix).items()}
    bound = _bound()
    return [
        *tcp,
        *(Endpoint(name, f"{host}:{port}", False, _listens(host, port)) for name, (host, port) in inside.items()),
        *(Endpoint(name, f"unix:{path}", False, _is_bound(str(path), bound)) for name, path in sockets.items()),
    ]


def _public(name: str, form: str, port: int) -> Endpoint:
    """With the addresses that are listened on now: [node] of config.toml may name others than loopback."""
    found = {machine.readable(address) for address, _ in machine.listening(port)}
    hosts = sorted(found, key=lambda host: (":" in host, host))
    place = f" ({', '.join(hosts)})" if hosts else ""
    return Endpoint(name, form.format(port) + place, True, bool(hosts))


def _listens(host: str, port: int) -> bool:
    return any(machine.readable(address) == host for address, _ in machine.listening(port))


def _is_bound(path: str, bound: set[str]) -> bool:
    """supervisord binds another name, PATH.PID, and links the known one to it."""
    return path in bound or any(name.startswith(f"{path}.") for name in bound)


def _bound() -> set[str]:
    """Paths that unix sockets are bound to (proc(5), /proc/net/unix); a file alone proves nothing."""
    lines = (machine.PROC / "net" / "unix").read_text("utf-8", "replace").splitlines()[1:]
    return {fields[7] for fields in (line.split(maxsplit=7) for line in lines) if len(fields) == 8}
