"""What must be read again but not lie open in the database: secrets of second factors and of webhooks, mails with a link in them."""

import base64
from functools import cache

from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings


def seal(text: str) -> str:
    """By a key made from the installation's secret, which is in no backup of the database."""
    return _fernet(settings.SECRET_KEY).encrypt(text.encode()).decode("ascii")


def unseal(sealed: str) -> str:
    """Raises cryptography.fernet.InvalidToken: another secret, or not ours."""
    return _fernet(settings.SECRET_KEY).decrypt(sealed.encode("ascii")).decode()


@cache
def _fernet(secret: str) -> Fernet:
    key = HKDF(SHA256(), 32, None, b"gasthof.access.sealing").derive(secret.encode())
    return Fernet(base64.urlsafe_b64encode(key))
