"""The committed API description is the one that the code gives."""

from __future__ import annotations

import json
from typing import Any

import httpx
import jsonschema_rs
import pytest
from pydantic import BaseModel

from agency.app import create_app
from agency.examples import EXAMPLES
from agency.openapi import as_text
from agency.routes import entrance
from signer.agency import schema
from signer.paths import resource
from tests.agency.world import AgencyServer

FILE = resource().parent / "docs" / "api" / "openapi.json"


MODELS = {name: each for place in (schema, entrance) for name, each in vars(place).items() if name in EXAMPLES}


def described() -> dict[str, Any]:
    return create_app(office=None).openapi()


def test_the_committed_document_is_what_the_code_says() -> None:
    assert FILE.read_text(encoding="utf-8") == as_text(create_app(None)), (
        "run: python -m agency openapi > docs/api/openapi.json"
    )


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


def test_the_server_gives_the_same_document(agency_server: AgencyServer) -> None:
    served = httpx.get(f"{agency_server.url}/v1/openapi.json").json()
    assert served == json.loads(FILE.read_text(encoding="utf-8"))


def test_every_schema_has_an_example_and_every_example_a_schema() -> None:
    schemas = described()["components"]["schemas"]
    assert set(schemas) == set(EXAMPLES) == set(MODELS)
    assert all(schemas[name]["examples"] == [example] for name, example in EXAMPLES.items())


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_fits_the_description_and_the_code(name: str) -> None:
    api, model = described(), MODELS[name]
    whole = {"$ref": f"#/components/schemas/{name}", "components": api["components"]}
    jsonschema_rs.Draft202012Validator(whole, validate_formats=True).validate(EXAMPLES[name])
    assert issubclass(model, BaseModel)
    read = model.model_validate_json(json.dumps(EXAMPLES[name]))
    written = read.model_dump(mode="json", by_alias=True, exclude_unset=True)
    assert set(written) == set(EXAMPLES[name])  # nothing in it that the code does not know


def test_no_example_leaves_a_field_out() -> None:
    """Whoever reads the description sees each field once; of two that exclude each other, one."""
    left_out = {
        (name, field.alias)
        for name in EXAMPLES
        for field in MODELS[name].model_fields.values()
        if field.alias not in EXAMPLES[name]
    }
    assert left_out == {("SubmissionRequest", "sealedIncrement")}


def test_every_operation_takes_a_language() -> None:
    for methods in described()["paths"].values():
        for operation in methods.values():
            assert {"$ref": "#/components/parameters/AcceptLanguage"} in operation["parameters"]
