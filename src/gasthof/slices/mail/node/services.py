"""Whom the agent may ask and tell about mail: Postfix' certificates, and Dovecot's sessions."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from gasthof.agent.sdk.ask import Away, Reply, Service
from gasthof.agent.sdk.tools import Reloadable
from gasthof.prefix import Prefix
from gasthof.slices.mail.node import doveadm, dovecot, front, places, postfix
from gasthof.slices.mail.node.sni import SniMap

NOBODY = ("-NOTFOUND", "-NOUSER")
ENDED_WITHIN = 2.0  # seconds; a session that takes longer, for a disk say, has its signal and ends at its next step
BETWEEN_LOOKS = 0.01  # seconds


@dataclass(frozen=True)
class Dovecot:
    """The service "dovecot". kick ADDRESS ends all its sessions, kick_domain A-LABEL those of all its mailboxes.

    Answered when they have ended, and not when they were told to: one that is told still answers what it had been asked.
    """

    prefix: Prefix

    def ask(self, verb: str, arguments: Sequence[str]) -> dict[str, Reply]:
        return {one: self._kick(f"*@{one}" if verb == "kick_domain" else one) for one in arguments}

    def _kick(self, mask: str) -> Reply:
        until = time.monotonic() + ENDED_WITHIN
        try:
            while time.monotonic() < until:
                doveadm.ask(places.dovecot_socket(self.prefix, "doveadm-server"), "", "kick", mask)
                time.sleep(BETWEEN_LOOKS)
        except OSError as error:
            raise Away(f"dovecot does not answer: {error}") from error
        except doveadm.Failed as error:
            return Reply() if str(error).endswith(NOBODY) else Reply(error=str(error))
        return Reply()


SERVICES: Mapping[str, Callable[[Prefix], Service]] = {"mail-sni": SniMap, "dovecot": Dovecot}
TOOLS: Mapping[str, str] = {
    "postconf": "/usr/sbin/postconf",
    "doveconf": "/usr/bin/doveconf",
    "nginx": "/usr/sbin/nginx",
}
RELOADS: Mapping[str, Reloadable] = {
    "postfix": Reloadable(postfix.pid_file, f"{postfix.DAEMONS}/master"),
    "dovecot": Reloadable(dovecot.pid_file, "/usr/sbin/dovecot"),
    "mail-front": Reloadable(front.pid_file, "/usr/sbin/nginx"),
}
