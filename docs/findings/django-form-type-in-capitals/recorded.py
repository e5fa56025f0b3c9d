"""The application, with every call written to calls.log."""

from contract_site.asgi import application as inner
from recorder import recorded

app = recorded(inner)
