"""The project's settings: what the contract needs of Django and no more."""

from __future__ import annotations

# Nothing is signed here, and the service listens only on this machine.
SECRET_KEY = "not a secret: nothing is signed with it"
DEBUG = False
ALLOWED_HOSTS = ["*"]

INSTALLED_APPS = ["channels"]
MIDDLEWARE = ["django.middleware.common.CommonMiddleware", "contract_site.middleware.passed"]
ROOT_URLCONF = "contract_site.urls"
ASGI_APPLICATION = "contract_site.asgi.application"
USE_TZ = True
# The limit of /limited.
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"console": {"class": "logging.StreamHandler"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
}
