"""Decisions of access: how long links live, when a mail is tried again, how much is enough."""

from datetime import timedelta

FIRST_ACCESS = timedelta(days=7)  # an invitation waits for a holiday to end
FORGOTTEN = timedelta(hours=1)
NEW_ADDRESS = timedelta(days=1)
TO_SET_A_PASSWORD = timedelta(minutes=15)  # after a link was spent

MOST_MEMBERS = 200  # of one customer
MOST_ROLES = 50  # of one customer
MOST_ASSIGNMENTS = 100  # to one user
MOST_MAILS = 10  # to one person in an hour: nobody fills somebody's mailbox by a button of ours
ATTEMPTS = 12  # of one mail, over some three days


def until_next_attempt(failed: int) -> timedelta | None:
    """After so many failures: a minute, doubling. None: it is given up."""
    return timedelta(minutes=2 ** (failed - 1)) if failed < ATTEMPTS else None
