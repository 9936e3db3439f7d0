"""The API's description (OpenAPI 3.1), and that the API is as described: tried with what a machine thinks up."""

from __future__ import annotations

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from engine.domain.api_keys import Scope
from engine.processes.api import desks_of
from engine.service.api_keys import ApiKeys, new_api_key
from engine.service.repeats import Repeats
from engine.store.database import StoreError
from engine.web.api.endpoints import endpoints
from engine.web.api.guard import Gate
from engine.web.api.limits import Buckets
from engine.web.api.site import api_app, api_site
from tests.service.world import World

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
DESCRIBED = api_app(None, endpoints()).openapi()
OPERATIONS = [(path, method) for path, found in DESCRIBED["paths"].items() for method in found]
EXAMPLES = 12


def test_description_is_open_to_everybody_and_names_scopes(site: str) -> None:
    found = httpx.get(f"{site}/openapi.json").json()
    assert (found["openapi"], found) == ("3.1.0", DESCRIBED)
    assert found["paths"]["/api/v1/leads"]["get"]["security"] == [{"key": ["leads:read"]}]
    assert found["components"]["securitySchemes"]["key"]["scheme"] == "bearer"


def test_every_operation_says_what_it_does_and_how_it_refuses() -> None:
    for path, method in OPERATIONS:
        operation = DESCRIBED["paths"][path][method]
        assert operation["summary"] and operation["description"], (path, method)
        assert {"400", "401", "403", "404", "422", "429", "503"} <= operation["responses"].keys()
        assert set(operation["responses"]["422"]["content"]) == {"application/problem+json"}


@pytest.mark.parametrize(
    ("path", "method"), OPERATIONS, ids=[f"{m} {p.removeprefix('/api/v1')}" for p, m in OPERATIONS]
)
def test_whatever_is_asked_the_answer_is_as_described(world: World, path: str, method: str) -> None:
    """Bounded: a dozen requests for each operation, the same ones each time, against a real home."""
    gate = Gate(ApiKeys(world.home), Repeats(world.home), Buckets(10**6, lambda: 0.0), StoreError)
    app = api_site(gate, endpoints(), desks=desks_of(world.home))
    world.take_in("jane@northwind.example,Jane,web")
    headers = {"authorization": f"Bearer {new_api_key(world.home, 'fuzz', [Scope.ADMIN])}"}
    schema = schemathesis.openapi.from_dict(DESCRIBED)
    schema.app = app

    operation = schema[path][method]

    @given(case=operation.as_strategy())
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def ask(case: schemathesis.Case) -> None:
        case.validate_response(case.call(headers=headers), checks=CHECKS)

    ask()
