"""What plans may ask, run and reload of the web's own daemons: nginx's admin location, the PHP activator. Standard library only."""

import http.client
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep
from typing import Any

from gasthof.agent.sdk.ask import LONGEST_ANSWER, Away, Reply, UnixConnection, connect
from gasthof.agent.sdk.tools import Reloadable
from gasthof.slices.web.node.nginx import pid_file

HOSTS_AT_ONCE = 250  # keeps a request small, and the worker that answers it free again soon
SETTLING = 5.0  # seconds that new workers may take to come
NGINX = "/usr/sbin/nginx"


@dataclass(frozen=True)
class NginxAdmin:
    """docs/architecture.md, "nginx admin socket"."""

    path: Path

    def ask(self, verb: str, arguments: Sequence[str]) -> dict[str, Reply]:
        """check: path of a staged document -> error. tell: host -> digest that is served, "" for none.

        configuration: the wanted digest -> the one that nginx runs with, once it is that or SETTLING is over.
        """
        if verb == "configuration":
            return {wanted: Reply(value=self._configuration(wanted)) for wanted in arguments}
        replies: dict[str, Reply] = {}
        for start in range(0, len(arguments), HOSTS_AT_ONCE):
            part = arguments[start : start + HOSTS_AT_ONCE]
            replies |= self._check(part) if verb == "check" else self._tell(part)
        return replies

    def _check(self, paths: Sequence[str]) -> dict[str, Reply]:
        errors = self.talk("/check", {"documents": list(paths)}).get("errors") or {}
        return {path: Reply(error=str(errors.get(path, ""))) for path in paths}

    def _tell(self, hosts: Sequence[str]) -> dict[str, Reply]:
        serving = self.talk("/tell", {"hosts": list(hosts)}).get("serving") or {}
        return {host: Reply(value=str(serving.get(host) or "")) for host in hosts}

    def configuration(self) -> str:
        """Digest of the configuration that a worker runs with. Away when nobody answers."""
        return str(self.talk("/configuration").get("digest") or "")

    def _configuration(self, wanted: str) -> str:
        until = monotonic() + SETTLING
        while (found := self._running()) != wanted and monotonic() < until:
            sleep(0.02)
        return found

    def _running(self) -> str:
        try:
            return self.configuration()
        except Away:  # its old workers have left, the new ones are not here yet
            return ""

    def talk(self, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """POST a body, or GET without one. Away when nobody answers; RuntimeError with nginx's words when it refuses."""
        connection = UnixConnection(self.path)
        try:
            connection.request("GET" if body is None else "POST", path, json.dumps(body) if body else None)
            response = connection.getresponse()
            text = response.read(LONGEST_ANSWER)
        except (OSError, http.client.HTTPException) as error:
            raise Away(f"nginx does not answer: {error!r}") from error
        finally:
            connection.close()
        if response.status != http.HTTPStatus.OK:
            raise RuntimeError(f"nginx answers {response.status} to {path}: {text[:1000].decode('utf-8', 'replace')}")
        answer = json.loads(text)
        return answer if isinstance(answer, dict) else {}


@dataclass(frozen=True)
class Activator:
    """docs/architecture.md, "Activator control socket"."""

    path: Path

    def ask(self, verb: str, arguments: Sequence[str]) -> dict[str, Reply]:
        """ensure, restart, drop: pool -> error.

        All are sent before the first reply is read, so that pools which go end side by side. Replies come in the same order.
        """
        requests = b"".join(json.dumps({"verb": verb, "pool": pool}).encode() + b"\n" for pool in arguments)
        with connect(self.path) as stream, stream.makefile("rb") as lines:
            try:
                stream.sendall(requests)
                return {pool: self._reply(lines.readline(LONGEST_ANSWER)) for pool in arguments}
            except (OSError, ValueError) as error:
                raise Away(f"the activator does not answer: {error!r}") from error

    @staticmethod
    def _reply(line: bytes) -> Reply:
        answer = json.loads(line)
        return Reply() if answer.get("ok") else Reply(error=str(answer.get("error") or "refused without a word"))


SERVICES = {
    "nginx": lambda prefix: NginxAdmin(prefix.nginx_admin),
    "activator": lambda prefix: Activator(prefix.activator_control),
}
TOOLS = {"nginx": NGINX}
RELOADS = {"nginx": Reloadable(pid_file, NGINX)}
