"""What a subscription can do, a part at a time: these are the lifecycle's words for it. Pure."""

from collections.abc import Iterable

from gasthof.kernel.refusal import Refused

SERVED = "served"  # websites
MAIL_DELIVERED = "mail_delivered"
SIGN_IN = "sign_in"  # to mailboxes, files and databases
EDIT = "edit"  # its customer changes settings
MAIL_SIGN_IN = "mail_sign_in"  # to mailboxes alone
MAIL_EDIT = "mail_edit"  # its customer changes settings of mail
ABILITIES = (SERVED, MAIL_DELIVERED, SIGN_IN, EDIT, MAIL_SIGN_IN, MAIL_EDIT)
WITHIN = {MAIL_SIGN_IN: SIGN_IN, MAIL_EDIT: EDIT}  # what goes with the wider one


def check_abilities(raw: Iterable[object]) -> tuple[str, ...]:
    """Each once, in the order of ABILITIES. Raises Refused."""
    found = {str(each).strip() for each in raw} - {""}
    if not found <= {*ABILITIES}:
        raise Refused("One of these is needed: %(choices)s.", choices=", ".join(ABILITIES))
    return tuple(each for each in ABILITIES if each in found)
