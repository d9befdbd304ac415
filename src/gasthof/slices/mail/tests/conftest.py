"""One machine for all tests here that do not kill its daemons."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from gasthof.slices.mail.tests.machine import UMLAUT, Machine, free_ports
from gasthof.slices.mail.tests.outside import Elsewhere, Outside, elsewhere, network


@dataclass(frozen=True)
class Town:
    """The machine, a network it is called from, and a mail server that it calls."""

    machine: Machine
    outside: Outside
    elsewhere: Elsewhere


@pytest.fixture(scope="session")
def town() -> Iterator[Town]:
    with contextlib.ExitStack() as stack:
        outside = stack.enter_context(network())
        away = stack.enter_context(elsewhere(free_ports(1)[0]))
        extra = f"\nrelayhost = [127.0.0.1]:{away.port}\n"
        machine = stack.enter_context(Machine.started(extra, ipv4=outside.machine))
        machine.domain(UMLAUT)
        machine.domain("bücher.test")
        machine.present("mail.xn--gre-aus-kln-w6a02arc.test")
        yield Town(machine, outside, away)


@pytest.fixture(scope="session")
def machine(town: Town) -> Machine:
    return town.machine
