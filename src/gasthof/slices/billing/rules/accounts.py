"""Whether the account that a bank names in its statement is one that the house knows by its IBAN."""

import re

from gasthof.slices.billing.rules import references

BANK_DIGITS = {
    "DE": 8,
    "AT": 5,
    "CZ": 4,
    "SK": 4,
}  # of the bank's code, with which these countries' IBANs go on after the check digits
NUMBER_DIGITS = 10  # of the account's own number in Czechia and Slovakia, beside a prefix


def same(told: str, iban: str) -> bool:
    """`told`: an IBAN, or bank code and number as they were called before ("37040044/0532013000", "19-2000145399/0800"), in either
    order; a number alone counts as well. A currency may follow."""
    packed = re.sub(r"/?[A-Z]{3}$", "", "".join(told.split()).upper())
    if found := references.iban(packed):
        return found == iban
    digits = BANK_DIGITS.get(iban[:2])
    if not digits or not (parts := re.findall(r"\d+", told)):
        return False
    bank, number = iban[4 : 4 + digits], int(iban[4 + digits :])
    orders = [(bank, parts)] if len(parts) == 1 else [(parts[0], parts[1:]), (parts[-1], parts[:-1])]
    return any((each, _number(own)) == (bank, number) for each, own in orders)


def _number(parts: list[str]) -> int:
    """After a prefix the number has its full length."""
    *prefix, own = parts
    return int("".join(prefix) + own.zfill(NUMBER_DIGITS))
