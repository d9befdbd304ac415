"""What a node is told about a subscription's place on it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class HomeSpec:
    """Kind "subscriptions.home", key: the system name. The folder, its access list, logs/, tmp/ and web/."""

    name: str  # "s000012"
    uid: int
