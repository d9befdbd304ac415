"""How a customer's account stands. Pure."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Standing:
    """In one currency, minor units."""

    currency: str
    open: int = 0  # missing of open proformas
    overdue: int = 0  # of that, what is asked for by proformas whose last day has passed
    credit: int = 0  # what no open proforma holds; below zero they owe it
