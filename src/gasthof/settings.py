"""Django's settings. What differs between installations comes from the prefix."""

import os
from pathlib import Path

from gasthof.bootstrap.postgres import APP, DATABASE
from gasthof.installed import SLICES
from gasthof.prefix import Prefix

PREFIX = Prefix.current()
BASE = Path(__file__).parent
NORMALIZE = Path("/usr/share/nodejs/normalize.css")  # Debian's node-normalize.css

secret = PREFIX.root / "panel" / "secret"
SECRET_KEY = secret.read_text().strip() if secret.exists() else os.urandom(32).hex()
DEBUG = False
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]"]

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.postgres",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.forms",
    "django_htmx",
    "procrastinate.contrib.django",
    "gasthof.kernel",
    "gasthof.ui",
    *(f"gasthof.slices.{name}" for name in SLICES),
    "gasthof.panel",
]
MIDDLEWARE = [
    "gasthof.panel.headers.strict_headers",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")  # the panel's nginx, the only door, sets it always
CSRF_COOKIE_SECURE = CSRF_COOKIE_HTTPONLY = SESSION_COOKIE_SECURE = True
MESSAGE_STORAGE = "django.contrib.messages.storage.cookie.CookieStorage"
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
            ]
        },
    }
]
FORM_RENDERER = "gasthof.ui.rendering.Renderer"

STATIC_URL = "/static/"
STATIC_ROOT = PREFIX.root / "panel" / "static"
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

LANGUAGE_CODE = "en"
LANGUAGES = [("de", "Deutsch"), ("en", "English")]
LOCALE_PATHS = [BASE / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Europe/Berlin"

PROCRASTINATE_AUTODISCOVER_MODULE_NAME = "jobs"  # the room of periodic work in each slice
