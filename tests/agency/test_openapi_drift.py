"""The committed API description is the one that the code gives."""

from __future__ import annotations

import json

from agency.openapi import described, document
from signer.paths import resource

FILE = resource().parent / "docs" / "api" / "openapi.json"


def test_the_committed_document_is_what_the_code_says() -> None:
    assert FILE.read_text(encoding="utf-8") == document(), "run: python -m agency openapi > docs/api/openapi.json"


def test_every_operation_says_what_it_does_and_how_it_refuses() -> None:
    for path, methods in described()["paths"].items():
        for method, operation in methods.items():
            where = f"{method} {path}"
            assert operation["operationId"], where
            assert len(operation["description"]) > 30, where
            assert "application/problem+json" in operation["responses"]["default"]["content"], where
            assert "422" not in operation["responses"] or "urn:problem-type" in str(operation["responses"]["422"]), (
                where
            )


def test_every_reference_leads_somewhere() -> None:
    api = described()
    wanted = {part.split('"')[0] for part in json.dumps(api).split('"#/components/schemas/')[1:]}
    assert wanted == wanted & set(api["components"]["schemas"])
