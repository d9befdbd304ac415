"""Asks the daemons, for many plans together, and judges their answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gasthof.agent.run import Run
from gasthof.agent.sdk.ask import Away, Reply, Service, Working, unique
from gasthof.agent.sdk.steps import Ask


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
        if len(arguments) == 1:
            return {arguments[0]: error}
        return {name: _replies(service, verb, [name])[name] for name in arguments}
    return {name: found.get(name, Reply(error="no answer")) for name in arguments}


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
