"""The project's settings: what the contract needs of Django and no more."""

from __future__ import annotations

# Nothing is signed here, and the service listens only on this machine.
SECRET_KEY = "not a secret: nothing is signed with it"
DEBUG = False
ALLOWED_HOSTS = ["*"]
APPEND_SLASH = False

INSTALLED_APPS: list[str] = []
MIDDLEWARE = ["django.middleware.common.CommonMiddleware"]
ROOT_URLCONF = "contract_site.urls"
WSGI_APPLICATION = "contract_site.wsgi.application"
USE_TZ = True
# Bodies of any size are read completely if a view requests it.
DATA_UPLOAD_MAX_MEMORY_SIZE = None

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"console": {"class": "logging.StreamHandler"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
}
