"""Dovecot's way out for what a filter sends, as its sendmail_path: `submit.py ADDRESS PORT SOURCE HOST -i -f SENDER -- RECIPIENT...`.

The mail comes on standard input and goes to Postfix from SOURCE, an address that no customer's PHP can call from. Ends with 0 when
Postfix has it. Runs with the rights of the mailbox' owner, with the standard library alone.
"""

import contextlib
import smtplib
import sys
import time
from collections.abc import Sequence

PATIENCE = 20.0  # seconds, while Postfix has no room
LATER = 75  # sysexits.h, EX_TEMPFAIL


def main(words: Sequence[str]) -> int:
    address, port, source, host, *rest = words
    sender, recipients = rest[rest.index("-f") + 1].strip("<>"), rest[rest.index("--") + 1 :]
    mail, until = sys.stdin.buffer.read(), time.monotonic() + PATIENCE
    while True:
        try:
            with contextlib.closing(smtplib.SMTP(address, int(port), host, 60, (source, 0))) as client:
                client.sendmail(sender, recipients, mail, ["BODY=8BITMIME"])
                return 0
        except (OSError, smtplib.SMTPException) as error:
            if time.monotonic() > until:
                sys.stderr.write(f"not handed over: {error}\n")
                return LATER
        time.sleep(1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
