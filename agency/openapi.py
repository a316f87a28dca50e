"""The OpenAPI document: made from the code, sorted, so that only a change of the API changes the file."""

from __future__ import annotations

import json
from typing import Any, Final

from agency.app import create_app
from signer.agency.schema import Problem

_REF: Final = "#/components/schemas/{model}"


def document() -> str:
    """Give the document as JSON text with a line end."""
    return json.dumps(described(), indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def described() -> dict[str, Any]:
    """Give the document, with the problem's schema, which no route returns by itself."""
    api = create_app(office=None).openapi()
    api["components"]["schemas"]["Problem"] = Problem.model_json_schema(by_alias=True, ref_template=_REF)
    return api
