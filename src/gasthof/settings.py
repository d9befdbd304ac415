"""Django's settings. What differs between installations comes from the prefix."""

import os
from pathlib import Path

from gasthof.bootstrap.postgres import APP, DATABASE
from gasthof.installed import SLICES
from gasthof.prefix import Prefix

PREFIX = Prefix.current()
BASE = Path(__file__).parent

secret = PREFIX.root / "panel" / "secret"
SECRET_KEY = secret.read_text().strip() if secret.exists() else os.urandom(32).hex()
DEBUG = False
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]"]

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.postgres",
    "procrastinate.contrib.django",
    "gasthof.kernel",
    *(f"gasthof.slices.{name}" for name in SLICES),
    "gasthof.panel",
]
MIDDLEWARE = [
    "gasthof.panel.headers.strict_headers",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
CSRF_FAILURE_VIEW = "gasthof.panel.views.not_ours"
ROOT_URLCONF = "gasthof.urls"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {"context_processors": ["django.template.context_processors.request"]},
    }
]
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
