"""How many digits each currency has after the point (ISO 4217)."""

OTHER_DECIMALS = {"JPY": 0, "ISK": 0, "KRW": 0, "KWD": 3}  # where they are not 2


def decimals(currency: str) -> int:
    """Digits after the point."""
    return OTHER_DECIMALS.get(currency, 2)
