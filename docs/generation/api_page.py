"""docs/reference/api.md: every endpoint of the JSON API with its scope, what it takes and answers, and its refusals."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from docs.generation.markdown import code, page, table
from engine.domain.api_keys import SCOPE_WORDS
from engine.domain.repeats import KEPT
from engine.processes.api import api_schema
from engine.web.api.problems import Kind
from engine.web.api.site import BODY_BYTES, PREFIX

INTRO = f"""\
How to use it, with examples: [Use the API](../how-to/use-the-api.md). Everything here stands under `{PREFIX}`, and in
the description for programs (OpenAPI 3.1), which `{PREFIX}/openapi.json` answers without a key and
`ripeline schema api` prints. New endpoints and new keys of answers may come within v1; none goes, and none changes its
meaning.
"""
REPEATS = f"""\
A POST with an `Idempotency-Key` may be sent again: the same request gets the answer that it got before, with its status
and `Idempotent-Replayed: true`, for {KEPT.days} days. The same key with another request is refused with 422, and with
409 while the first request has no answer yet. Keys of two programs have nothing to do with each other.

The answer is kept in a transaction of its own after the work. If the process dies between the two, the request may be
sent again after a minute, and its work is done again – which doubles nothing, as all that is made is named after the
request or after what it says: a lead by its identities, an event by its `id` (or by key and place), a deal by `source`
and `external_id`, a suppression by address and scope; consent that says the same once more is not kept twice.
Answers are forgotten after that time, those about a person who was erased meanwhile as well.
"""
LIMITS = f"""\
A key may make as many requests a minute as `[api] per_minute` says, all at once if it wants; `RateLimit` tells how many
are left, and a refusal with 429 tells by `Retry-After` when to come back. A body may have {BODY_BYTES // 1024} KB.
Parameters and keys that are not known are refused, not passed over. Lists come in pages: hand `next` back as
`cursor`, as it is.
"""


def api_page() -> str:
    """The whole page."""
    described: Any = api_schema()
    kinds = [(str(kind.status), code(kind.uri), kind.words) for kind in Kind]
    return page(
        "The API",
        INTRO,
        "## Scopes",
        table(("scope", "what a key may do"), [(code(scope), words) for scope, words in SCOPE_WORDS.items()]),
        "## Endpoints",
        table(("method and path", "scope", "what it does"), _overview(described)),
        *_endpoints(described),
        "## Bodies",
        *_bodies(described),
        "## Refusals",
        "A refusal is a problem (RFC 9457, `application/problem+json`): `type`, `title`, `status`, `detail`, and under "
        "`errors` each mistake with its place (`where`), what is wrong (`what`) and what to do (`do`).",
        table(("status", "type", "what it means"), kinds),
        "## Sending a request again",
        REPEATS,
        "## Limits",
        LIMITS,
    )


def _operations(described: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    for path, found in described["paths"].items():
        for method, operation in found.items():
            yield method.upper(), path.removeprefix(PREFIX), operation


def _overview(described: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    for method, path, operation in _operations(described):
        yield code(f"{method} {path}"), code(operation["security"][0]["key"][0]), operation["summary"]


def _endpoints(described: Mapping[str, Any]) -> Iterator[str]:
    for method, path, operation in _operations(described):
        yield f"### {method} {path}"
        yield " ".join(operation["description"].split())
        rows = [
            (code(one["name"]), one["in"], _bounds(one["schema"]), one.get("description", ""))
            for one in operation.get("parameters", ())
        ]
        if rows:
            yield table(("parameter", "in", "what", ""), rows)
        body = operation.get("requestBody")
        takes = f"Takes {_linked(body['content']['application/json']['schema'])}. " if body else ""
        yield f"{takes}Answers {', '.join(_answers(operation))}."


def _answers(operation: Mapping[str, Any]) -> Iterator[str]:
    for status, response in sorted(operation["responses"].items()):
        if status.startswith("2"):
            schema = response.get("content", {}).get("application/json", {}).get("schema")
            yield f"{status} with {_named(schema)}" if schema else f"{status} without a body"


def _linked(schema: Mapping[str, Any]) -> str:
    name = _named(schema).strip("`")
    return f"[`{name}`](#{name.lower()})"


def _named(schema: Mapping[str, Any]) -> str:
    if "$ref" in schema:
        return code(schema["$ref"].rpartition("/")[2].replace("PageView_", "pages of ").rstrip("_"))
    if schema.get("type") == "array":
        return f"a list of {_named(schema['items'])}"
    return code(schema.get("title") or "object")


def _bodies(described: Mapping[str, Any]) -> Iterator[str]:
    for name, schema in sorted(described["components"]["schemas"].items()):
        if "properties" not in schema or name == "HTTPValidationError" or name.startswith("PageView"):
            continue
        yield f"### {name}"
        yield " ".join(schema.get("description", "").split())
        needed = set(schema.get("required", ())) if name.endswith("In") else set()
        rows = [
            (code(key), _bounds(one) + (", required" if key in needed else ""), one.get("description", ""))
            for key, one in schema["properties"].items()
        ]
        yield table(("key", "what", ""), rows)


def _bounds(schema: Mapping[str, Any]) -> str:
    """What a value is, in a few words."""
    if "anyOf" in schema:
        return " or ".join(_bounds(one) for one in schema["anyOf"])
    if "$ref" in schema:
        return _named(schema)
    if "enum" in schema:
        return " · ".join(code(one) for one in schema["enum"])
    kind = str(schema.get("format") or schema.get("type", "any JSON"))
    if kind == "array":
        return f"list of {_bounds(schema.get('items', {}))}"
    least, most = schema.get("minimum"), schema.get("maximum")
    if least is not None and most is not None:
        return f"{kind} from {least} to {most}"
    return kind
