"""Values that only FTP users' verbs take."""

from typing import Self

from gasthof.kernel.refusal import Refused
from gasthof.kernel.values import Secret, plain_text
from gasthof.slices.ftp import rules
from gasthof.slices.mail.rules import check_password


class FtpName(str):
    """The user's own part of a login."""

    __slots__ = ()

    @classmethod
    def parse(cls, raw: object) -> Self:
        text = plain_text(raw).strip().lower()
        if not rules.NAME.fullmatch(text):
            raise Refused(
                "A name has at most %(maximum)d signs: letters from a to z, digits, “.”, “_” and “-”, with a letter or digit "
                "at both ends.",
                maximum=rules.LONGEST_NAME,
            )
        return cls(text)


class FtpPassword(Secret):
    """An FTP user's password being set, by the rules of spec row P17: the same as a mailbox's."""

    __slots__ = ()

    @classmethod
    def parse(cls, raw: object) -> Self:
        password = super().parse(raw)
        check_password(password.reveal())
        return password
