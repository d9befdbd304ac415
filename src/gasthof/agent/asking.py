"""Asks the daemons, for many plans together, and judges their answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from time import monotonic

from gasthof.agent.run import Run
from gasthof.agent.sdk.ask import Away, Reply, Service, Working, unique
from gasthof.agent.sdk.steps import Ask

ALONE = 2.0  # seconds for asking one after the other what could not be asked together


@dataclass(frozen=True)
class Asker:
    services: Mapping[str, Service]

    def ask(self, asked: Sequence[tuple[Run, Ask]]) -> None:
        """Equal services and verbs in one go; a refusal, or an answer that is not the wanted one, ends its own plan."""
        groups: dict[tuple[str, str], list[tuple[Run, Ask]]] = {}
        for run, step in asked:
            groups.setdefault((step.service, step.verb), []).append((run, step))
        for (service, verb), members in groups.items():
            replies = _replies(self.services[service], verb, unique(step.argument for _, step in members))
            for run, step in members:
                _judge(run, step, replies[step.argument])


def _replies(service: Service, verb: str, arguments: Sequence[str]) -> Mapping[str, Reply | Exception]:
    try:
        found = service.ask(verb, arguments)
    except Away as error:
        return dict.fromkeys(arguments, error)
    except Exception as error:
        return {arguments[0]: error} if len(arguments) == 1 else _each_alone(service, verb, arguments)
    return {name: found.get(name, Reply(error="no answer")) for name in arguments}


def _each_alone(service: Service, verb: str, arguments: Sequence[str]) -> Mapping[str, Reply | Exception]:
    """For ALONE seconds, and while the daemon answers; the others are asked again."""
    until = monotonic() + ALONE
    replies: dict[str, Reply | Exception] = {}
    for position, name in enumerate(arguments):
        if monotonic() >= until:
            return replies | dict.fromkeys(arguments[position:], Reply(working=True))
        replies |= _replies(service, verb, [name])
        if isinstance(replies[name], Away):
            return replies | dict.fromkeys(arguments[position:], replies[name])
    return replies


def _judge(run: Run, step: Ask, reply: Reply | Exception) -> None:
    if isinstance(reply, Exception):
        run.fail(reply)
    elif reply.error:
        run.fail(reply.error)
    elif reply.working:
        run.fail(Working(reply.value))
    elif step.expect is not None and reply.value != step.expect:
        serves = reply.value or "nothing"
        run.fail(f"{step.service} {step.verb} {step.argument}: serves {serves} instead of {step.expect or 'nothing'}")
