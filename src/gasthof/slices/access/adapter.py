"""Where allauth asks us, and tells us what happened: by methods of its adapters, so that no signal is needed.

Its clock is the system's own; by it go re-authentication and the limits of attempts, and the dates of sessions and factors.
allauth tells of a failed code by a signal only: forms.py notes it instead.
"""

from typing import Any, ClassVar
from urllib.parse import urlsplit

import qrcode
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.authentication import get_authentication_records
from allauth.mfa.adapter import DefaultMFAAdapter
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.password_validation import validate_password
from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from qrcode.image.svg import SvgPathFillImage

from gasthof.kernel import sealing
from gasthof.slices.access import acting, own
from gasthof.slices.access.address import client_address
from gasthof.slices.access.models import User
from gasthof.slices.access.queries import user_of
from gasthof.slices.access.record import note

SAID = {  # allauth's messages -> ours; what is not here is not said
    "account/messages/password_changed.txt": _("Your password has been changed. You are signed out everywhere else."),
    "account/messages/password_set.txt": _("Your password has been set."),
    "mfa/messages/recovery_codes_generated.txt": _("New recovery codes have been made. Please keep them safe."),
    "mfa/messages/totp_activated.txt": _("The authenticator app has been added."),
    "mfa/messages/totp_deactivated.txt": _("The authenticator app has been removed."),
    "mfa/messages/webauthn_added.txt": _("The passkey has been added."),
    "mfa/messages/webauthn_removed.txt": _("The passkey has been removed."),
    "usersessions/messages/sessions_logged_out.txt": _("You are signed out everywhere else."),
}
CODES = {
    "incorrect_code": _("This code is not right, or it has been used already."),
    "rate_limited": _("Too many attempts. Please wait a few minutes and try again."),
}


class Accounts(DefaultAccountAdapter):
    """Of the account itself."""

    error_messages: ClassVar[dict[str, Any]] = {
        **DefaultAccountAdapter.error_messages,
        **CODES,
        "email_password_mismatch": _("This e-mail address and password do not belong together."),
        "too_many_login_attempts": CODES["rate_limited"],
        "incorrect_password": _("This is not your password."),
        "enter_current_password": _("This is not your password."),
    }

    def get_client_ip(self, request: HttpRequest) -> str:
        return client_address(request)

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        """By the address alone: by the host name that allauth adds, each of ours would give as many attempts again."""
        return str(credentials.get("email", ""))

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def is_safe_url(self, url: str) -> bool:
        """Within the panel only."""
        return bool(url) and url_has_allowed_host_and_scheme(url, allowed_hosts=None) and url.startswith("/")

    def clean_password(self, password: str, user: User | None = None) -> str:
        validate_password(password, user)
        return password

    def set_password(self, user: User, password: str) -> None:
        own.set_password(user, password)

    def get_reauthentication_methods(self, user: User | AnonymousUser) -> list[dict[str, str]]:
        """Who came by a link and has nothing yet to confirm who they are by chooses a password first."""
        found: list[dict[str, str]] = super().get_reauthentication_methods(user)
        choose = {"id": "choose", "description": gettext("Choose a password"), "url": reverse("account_set_password")}
        return found or ([choose] if user.is_authenticated else [])

    def reauthenticate(self, user: User, password: str) -> bool:
        found = self.authenticate(self.request, email=user.email, password=password)
        return found is not None and found.pk == user.pk

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        """Attempts at people who are not there stay in the web server's log: strangers must not fill the audit trail."""
        user = user_of(credentials.get("email", ""))
        if user is not None:
            note(user, "access.sign_in_failed", request, denied=True)

    def login(self, request: HttpRequest, user: User) -> None:
        super().login(request, user)
        methods = {str(one.get("type") or one["method"]) for one in get_authentication_records(request, user)}
        note(user, "access.signed_in", request, by=", ".join(sorted(methods)) or "link")

    def logout(self, request: HttpRequest) -> None:
        acting.end(request)
        super().logout(request)

    def send_notification_mail(
        self, template_prefix: str, user: User, context: dict[str, Any] | None = None, email: str | None = None
    ) -> None:
        """allauth calls this for each change of somebody's sign-in."""
        own.tell(user, template_prefix.rpartition("/")[2], self.request)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """All mails go through the outbox; allauth has none to send by itself."""
        raise NotImplementedError(template_prefix)

    def add_message(
        self,
        request: HttpRequest,
        level: int,
        message_template: str | None = None,
        message_context: dict[str, Any] | None = None,
        extra_tags: str = "",
        message: str | None = None,
    ) -> None:
        said = message or SAID.get(message_template or "")
        if said:
            messages.add_message(request, level, str(said), extra_tags)


class SecondFactors(DefaultMFAAdapter):
    """Of second factors."""

    error_messages: ClassVar[dict[str, Any]] = {**DefaultMFAAdapter.error_messages, **CODES}

    def encrypt(self, text: str) -> str:
        return sealing.seal(text)

    def decrypt(self, encrypted_text: str) -> str:
        return sealing.unseal(encrypted_text)

    def get_totp_label(self, user: User) -> str:
        return user.address

    def build_totp_svg(self, url: str) -> str:
        """An element of a page: without a declaration, on white, so that it can be read in the dark too."""
        return str(qrcode.make(url, image_factory=SvgPathFillImage).to_string(encoding="unicode"))

    def generate_authenticator_name(self, user: User, type: str) -> str:
        return gettext("Passkey")

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """The panel's own name, whatever name a request came by."""
        return {"id": urlsplit(settings.PANEL_ADDRESS).hostname or "localhost", "name": "Gasthof"}

    def get_public_key_credential_user_entity(self, user: User) -> dict[str, Any]:
        found: dict[str, Any] = super().get_public_key_credential_user_entity(user)
        return found | {"name": user.address, "display_name": user.name}
