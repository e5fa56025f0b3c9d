"""``python -m engine_reference module:app``."""

from __future__ import annotations

import sys

from .mutants import generated

# Before the modules that a mutant changes are imported.
generated.prepare(sys.argv)

from .main import main  # noqa: E402

sys.exit(main())
