"""Which registry keeps a name. All are the try-out's so far; a registry's own protocol comes in here."""

from gasthof.kernel.actions import SYSTEM_CLOCKS
from gasthof.kernel.clock import BusinessClock
from gasthof.slices.registrar.driver import Driver
from gasthof.slices.registrar.tryout import Registry


def driver_for(_name: str, clock: BusinessClock = SYSTEM_CLOCKS.business) -> Driver:
    """By a name in A-labels."""
    return Registry(clock)


def every_driver(clock: BusinessClock = SYSTEM_CLOCKS.business) -> tuple[Driver, ...]:
    """One of each registry, to ask for its messages."""
    return (Registry(clock),)
