"""Django's settings. What differs between installations comes from the prefix."""

import os
from pathlib import Path
from urllib.parse import urlsplit

from gasthof.bootstrap.postgres import APP, DATABASE
from gasthof.installed import SLICES
from gasthof.prefix import Prefix

PREFIX = Prefix.current()
BASE = Path(__file__).parent
NORMALIZE = Path("/usr/share/nodejs/normalize.css")  # Debian's node-normalize.css

secret = PREFIX.root / "panel" / "secret"
SECRET_KEY = secret.read_text().strip() if secret.exists() else os.urandom(32).hex()
DEBUG = False
PANEL_ADDRESS = PREFIX.panel_address
CARD_NETWORK = PREFIX.card_network if PREFIX.takes_cards else ""
CARD_ADDRESS = f"http://localhost:{PREFIX.ports['cards']}"  # of the try-out's network
ALLOWED_HOSTS = list(
    dict.fromkeys(["localhost", "127.0.0.1", "[::1]", urlsplit(PANEL_ADDRESS).hostname or "localhost"])
)

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.forms",
    "django_htmx",
    "procrastinate.contrib.django",
    "gasthof.kernel",
    "gasthof.ui",
    *(f"gasthof.slices.{name}" for name in SLICES),
    "gasthof.api",
    "gasthof.panel",
    "allauth",  # after ours: its templates have the names of ours
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
]
MIDDLEWARE = [
    "gasthof.panel.headers.strict_headers",
    "gasthof.api.asking.note_use",
    "gasthof.api.problems.as_problems",
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "gasthof.slices.access.middleware.known_actor",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",  # whoever is to be let in without says so: login_not_required
    "allauth.account.middleware.AccountMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]
CSRF_FAILURE_VIEW = "gasthof.panel.views.not_ours"
ROOT_URLCONF = "gasthof.urls"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.messages.context_processors.messages",
                "gasthof.ui.shell.context",
                "gasthof.slices.access.context.account",
                "gasthof.panel.selector.context",
            ]
        },
    }
]
FORM_RENDERER = "gasthof.ui.rendering.Renderer"

STATIC_URL = "/static/"
STATIC_ROOT = PREFIX.root / "panel" / "static"
MEMORY = PREFIX.root / "panel" / "memory"  # what must outlive a database that is put back to an older state
STATICFILES_DIRS = [("normalize.css", NORMALIZE)]
STORAGES = {"staticfiles": {"BACKEND": "gasthof.ui.statics.HashedFiles"}}

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": DATABASE,
        "USER": os.environ.get("GASTHOF_DB_ROLE", APP),
        "HOST": str(PREFIX.postgres_socket),
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "access.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = ["gasthof.slices.access.hashers.Argon2"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "gasthof.slices.access.validators.HouseRules"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("email", "name")},
    },
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "start"

SESSION_ENGINE = "gasthof.slices.access.sessions"
SESSION_COOKIE_NAME = "__Host-session"  # so that browsers take it from this very host only, and over TLS
SESSION_COOKIE_SECURE = True
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 12 * 3600  # seconds since the session last changed; browsers forget it when they are closed
CSRF_COOKIE_NAME = "__Host-csrf"
CSRF_COOKIE_SECURE = True
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_NAME = "__Host-language"
LANGUAGE_COOKIE_SECURE = True
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")  # the panel's nginx sets it, whatever a client sends
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
CACHES = {  # what allauth counts attempts in: both of gunicorn's processes see it, and a restart forgets none
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "access_attempts",
        "OPTIONS": {"MAX_ENTRIES": 20_000},
    }
}

ACCOUNT_ADAPTER = "gasthof.slices.access.adapter.Accounts"
ACCOUNT_FORMS = {"login": "gasthof.slices.access.forms.SignInForm"}
MFA_FORMS = {
    "authenticate": "gasthof.slices.access.forms.SecondFactorForm",
    "reauthenticate": "gasthof.slices.access.forms.SecondFactorAgainForm",
}
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]  # nobody signs up: there is no route to it
ACCOUNT_EMAIL_VERIFICATION = "none"  # whoever sets the first password had a link that came to the address
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300  # seconds
MFA_ADAPTER = "gasthof.slices.access.adapter.SecondFactors"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes", "webauthn"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_ALLOW_UNVERIFIED_EMAIL = True  # it means allauth's own list of addresses, which is not used
MFA_TOTP_ISSUER = "Gasthof"
MFA_TOTP_TOLERANCE = 1

LANGUAGE_CODE = "en"
LANGUAGES = [("de", "Deutsch"), ("en", "English")]
LOCALE_PATHS = [BASE / "locale"]
FORMAT_MODULE_PATH = "gasthof.ui.formats"
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Europe/Berlin"

PROCRASTINATE_AUTODISCOVER_MODULE_NAME = "jobs"  # the room of periodic work in each slice
PROCRASTINATE_ON_APP_READY = "gasthof.kernel.worker.ready"
