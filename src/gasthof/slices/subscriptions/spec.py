"""What a node is told about a subscription's place on it, and about carrying its contents out and in."""

from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True)
class HomeSpec:
    """Kind "subscriptions.home", key: the system name. The folder, its access list, logs/, tmp/ and web/."""

    name: str  # "s000012"
    uid: int


@dataclass(frozen=True)
class TransferSpec:
    """Kind "subscriptions.transfer". Key: "x000007" to save an export, "x000007/s000019" to load it into a subscription."""

    direction: Literal["save", "load"]
    export: str  # "x000007"
    subscription: str  # system name: whose contents are saved, or into whose place they are loaded
    uid: int  # that one's
    document: dict[str, Any] | None = None  # to save: what the export's settings.json holds
    expected: int = 0  # to save: bytes that the contents take up, as last measured
    chosen: dict[str, Any] | None = (
        None  # to load: slice -> what its `restore` hook gave, in place of the export's settings
    )
