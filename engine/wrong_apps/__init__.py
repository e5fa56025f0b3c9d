"""The bare apps with one deliberate fault each, to prove that cases about applications can fail.

Each imitates a fault of a framework or an application. A target has it as a variant of the bare app:
``--framework control~echo-cut``. The package is copied into the service, as ``engine_wrong_apps``, and wraps the app
that the environment names: ``ENGINE_RIGHT_APP`` is ``module:attribute``, ``ENGINE_MUTANT`` the fault. So it uses
relative imports, and otherwise only the standard library.

    asgi          the ASGI app, and its mutants        contract     faults in the endpoints of the contract
    wsgi          the WSGI app, and its mutants        obligations  faults against the specification itself
    boundary      faults of a server for WSGI apps     ends         faults in the code and reason of a close
    features      faults in the features of frameworks  forms        faults in the parsing of forms
    redirects     faults in redirects for a slash    behind       faults behind middleware, CORS and responses
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from pathlib import Path

SOURCE = Path(__file__).parent
PACKAGE = "engine_wrong_apps"
# The modules of the wrong apps, by the name of the right one.
MODULES = {"control": "asgi", "wsgi-control": "wsgi"}


def summaries(framework: str) -> dict[str, str]:
    """The faults of the mutants of an app, as clauses by name; none for an app of a framework."""
    if framework not in MODULES:
        return {}
    module = importlib.import_module(f"{__name__}.{MODULES[framework]}")
    return {name: wrong.what for name, wrong in module.MUTANTS.items()}


def entry(framework: str) -> str:
    """The wrong app as ``module:attribute``, as a service imports it."""
    return f"{PACKAGE}.{MODULES[framework]}:app"


def variables(app: str, mutant: str) -> Mapping[str, str]:
    """The variables that name the right app and the fault."""
    return {"ENGINE_RIGHT_APP": app, "ENGINE_MUTANT": mutant}
