"""What the panel writes to people, in their language. No letter holds a password, and none has a stranger's words in a header."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from django.utils.translation import gettext as _
from django.utils.translation import override

from gasthof.slices.access.models import User
from gasthof.slices.access.rules import FIRST_ACCESS, FORGOTTEN, NEW_ADDRESS


@dataclass(frozen=True)
class Letter:
    subject: str
    body: str


def first_access(user: User, link: str, servers: Iterable[str]) -> Letter:
    with override(user.language):
        return letter(
            user,
            _("Your access to the hosting panel"),
            _("an account has been made for you in the hosting panel. There you look after websites, mail and more."),
            _facts(user, servers),
            _("Please choose your password here, within %(days)d days:") % {"days": FIRST_ACCESS.days},
            link,
            _("The link works once. After that you sign in with your e-mail address and your password."),
            _("If you did not expect this, you need not do anything: without you the link leads to nothing."),
        )


def new_password(user: User, link: str) -> Letter:
    with override(user.language):
        minutes = int(FORGOTTEN.total_seconds()) // 60
        return letter(
            user,
            _("A new password for the hosting panel"),
            _("somebody, probably you, asked for a way to choose a new password for the hosting panel."),
            _("Please choose it here, within %(minutes)d minutes:") % {"minutes": minutes},
            link,
            _("The link works once. It does not replace your second factor, if you have one."),
            _("If it was not you, you need not do anything: your password stays as it is."),
        )


def confirm_address(user: User, link: str) -> Letter:
    with override(user.language):
        hours = int(NEW_ADDRESS.total_seconds()) // 3600
        return letter(
            user,
            _("Please confirm your new e-mail address"),
            _("this address is to become your address for the hosting panel."),
            _("Please confirm it here, within %(hours)d hours:") % {"hours": hours},
            link,
            _("If it was not you who asked for that, you need not do anything."),
        )


def address_changed(user: User, new: str) -> Letter:
    """To the old one, which may be the only place where its owner hears of it."""
    with override(user.language):
        return letter(
            user,
            _("Your e-mail address was changed"),
            _("from now on your address for the hosting panel is %(address)s.") % {"address": new},
            _beware(),
        )


def notice(user: User, what: str) -> Letter:
    """Something of one's own sign-in was changed: `what` is a key of NOTICES."""
    with override(user.language):
        return letter(user, _("Your sign-in was changed"), notices()[what], _beware())


Changed = Literal[
    "password_changed", "password_set", "totp_activated", "totp_deactivated", "recovery_codes_generated", "webauthn_added",
    "webauthn_removed",
]  # fmt: skip


def notices() -> dict[str, str]:
    return {
        "password_changed": _("your password for the hosting panel was changed."),
        "password_set": _("a password for the hosting panel was set for you."),
        "totp_activated": _("an authenticator app was added to your sign-in."),
        "totp_deactivated": _("the authenticator app was removed from your sign-in."),
        "recovery_codes_generated": _("new recovery codes were made for your sign-in. Earlier ones are worth nothing."),
        "webauthn_added": _("a passkey was added to your sign-in."),
        "webauthn_removed": _("a passkey was removed from your sign-in."),
        "factors_removed": _("your second factors were removed by the operator, so that you can sign in again."),
    }


def _beware() -> str:
    return _("If it was not you, please tell your operator at once.")


def _facts(user: User, servers: Iterable[str]) -> str:
    lines = [_("Sign in as: %(address)s") % {"address": user.address}]
    lines += [_("Your server: %(server)s") % {"server": server} for server in servers]
    return "\n".join(lines)


def letter(user: User, subject: str, *paragraphs: str) -> Letter:
    """In the language that is active, with a greeting."""
    greeting = _("Good day %(name)s,") % {"name": user.name}
    return Letter(subject, "\n\n".join((greeting, *paragraphs)) + "\n")
