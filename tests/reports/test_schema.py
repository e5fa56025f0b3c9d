"""The JSON of reports: each document has the schema and no field that the schema does not name."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from engine.model.verdict import Verdict
from engine.reports import view
from engine.reports.base import formats
from engine.results.analysis.comparison import compare, sides
from engine.results.analysis.explaining import explained
from tests.reports.browser import sample
from tests.reports.page import hostile

SCHEMA = json.loads((Path(__file__).parents[2] / "schemas" / "report.json").read_text("utf-8"))


def documents() -> list[tuple[str, dict[str, Any]]]:
    """Documents of each subject, from the sample and from the hostile run."""
    found = []
    for report in (sample.report(), sample.stopped(), hostile.report()):
        write = formats()["json"].grid
        assert write is not None
        found.append(("grid", json.loads(write(report))))
        for one in report.run.results:
            cause = report.causes.get((one.address, one.target))
            made = explained(report.run, one, report.clauses, cause, nonce="", raw=True)
            explain = formats()["json"].explanation
            assert explain is not None
            found.append(("explanation", json.loads(explain(made))))
    pair = sides(sample.run("a", gunicorn=Verdict.FAIL), sample.run("b", granian=Verdict.FAIL))
    write_comparison = formats()["json"].comparison
    assert write_comparison is not None
    found.append(("comparison", json.loads(write_comparison(compare(*pair)))))
    return found


DOCUMENTS = documents()


@pytest.mark.parametrize("subject", ["grid", "comparison", "explanation"])
def test_a_document_has_the_schema_and_the_version(subject: str) -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    known = set(SCHEMA["$defs"][subject]["properties"])
    found = [one for name, one in DOCUMENTS if name == subject]
    assert found
    validator = jsonschema.Draft202012Validator({**SCHEMA, "oneOf": [{"$ref": f"#/$defs/{subject}"}]})
    for one in found:
        validator.validate(one)
        assert set(one) == known
        assert one["format"] == view.FORMAT


def test_a_document_has_one_subject() -> None:
    validator = jsonschema.Draft202012Validator(SCHEMA)
    for _, one in DOCUMENTS[:1] + DOCUMENTS[-1:]:
        validator.validate(one)
    assert not validator.is_valid({"format": "1.0"})
    assert not validator.is_valid({**DOCUMENTS[0][1], "format": "2.0"})
