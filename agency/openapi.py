"""What the OpenAPI document has beyond what the framework makes of the code: examples, problems, languages."""

from __future__ import annotations

import json
from typing import Any, Final

from fastapi import FastAPI

from agency.examples import EXAMPLES
from signer.agency.schema import Problem
from signer.i18n import LANGUAGES

_LANGUAGES: Final = {
    "name": "Accept-Language",
    "in": "header",
    "description": f"In which language a problem's `title` is wanted: {', '.join(LANGUAGES)}.",
    "schema": {"type": "string"},
    "example": "nl-BE, nl;q=0.9, en;q=0.5",
}


class DescribedApi(FastAPI):
    """An application whose document is whole: the one that it serves is the one in docs/api."""

    def openapi(self) -> dict[str, Any]:
        """Give the document; made once."""
        if not self.openapi_schema:
            self.openapi_schema = _complete(super().openapi())
        return self.openapi_schema


def as_text(api: FastAPI) -> str:
    """Give the document as JSON with a line end, sorted, so that only a change of the API changes the file."""
    return json.dumps(api.openapi(), indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def _complete(api: dict[str, Any]) -> dict[str, Any]:
    parts = api["components"]
    parts["schemas"]["Problem"] = Problem.model_json_schema(by_alias=True)  # no route returns it by itself
    parts["parameters"] = {"AcceptLanguage": _LANGUAGES}
    for name, schema in parts["schemas"].items():
        schema["examples"] = [EXAMPLES[name]]
    for operation in (each for methods in api["paths"].values() for each in methods.values()):
        operation.setdefault("parameters", []).append({"$ref": "#/components/parameters/AcceptLanguage"})
    return api
