"""The application, with every call written to calls.log."""

from app import app as inner
from recorder import recorded

app = recorded(inner)
