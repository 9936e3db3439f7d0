"""Errors as they are answered: problem details (RFC 9457), with the place of each mistake and what to do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from enum import Enum
from typing import Any

from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.responses import Response

from engine.domain.refusals import ConflictError, Fault, InvalidError, MissingError, NotAllowedError
from engine.domain.repeats import OtherRequestError, UnderWayError
from engine.errors import ProblemsError, RipelineError

MEDIA_TYPE = "application/problem+json"


class Kind(Enum):
    """Kinds of problems: status, name, and what each means."""

    MALFORMED = (400, "malformed", "The request cannot be read: its JSON, its headers, or a parameter.")
    UNKNOWN_PARAMETER = (400, "unknown-parameter", "A query parameter is unknown, or given twice.")
    NO_KEY = (401, "no-key", "The request has no key, or one that is unknown, revoked or expired.")
    SCOPE = (403, "scope", "The key does not have the scope that this takes.")
    NOT_FOUND = (404, "not-found", "What the request is about does not exist.")
    METHOD = (405, "method", "The address does not know this method.")
    CONFLICT = (409, "conflict", "It cannot be done as things stand.")
    UNDER_WAY = (409, "under-way", "The first request with this Idempotency-Key has no answer yet.")
    TOO_LARGE = (413, "too-large", "The request is too large.")
    MEDIA = (415, "media-type", "The body is not JSON, or is compressed.")
    INVALID = (422, "invalid", "The request can be read, but not carried out as it is written.")
    OTHER_REQUEST = (422, "other-request", "The Idempotency-Key came with another request before.")
    TOO_MANY = (429, "too-many", "The key makes more requests a minute than config.toml allows.")
    FAULT = (500, "fault", "A fault of Ripeline; the log tells it under the request's id.")
    AWAY = (503, "away", "The store is away for a moment.")

    def __init__(self, status: int, slug: str, words: str) -> None:
        self.status, self.slug, self.words = status, slug, words

    @property
    def uri(self) -> str:
        """The problem's type."""
        return f"urn:ripeline:problem:{self.slug}"


class Mistake(BaseModel):
    """One mistake: where it is in the request, what is wrong, and what to do."""

    where: str = Field(description="The place: `body.fields.employees`, `query.sort`.")
    what: str = Field(description="What is wrong there.")
    do: str = Field(default="", description="What to do about it.")


class Problem(BaseModel):
    """Why a request was refused (RFC 9457)."""

    type: str = Field(description="Which kind of problem: `urn:ripeline:problem:…`.")
    title: str = Field(description="The kind in words.")
    status: int = Field(description="The status of the answer.")
    detail: str = Field(description="What is wrong with this request, and what to do.")
    errors: list[Mistake] = Field(default=[], description="Every mistake at its place.")


class ApiError(Exception):
    """A request is refused; caught by `Guarded`, which answers the problem."""

    def __init__(
        self, kind: Kind, detail: str, faults: Iterable[Fault] = (), headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(detail)
        self.kind, self.detail, self.faults, self.headers = kind, detail, tuple(faults), dict(headers or {})


def answer(error: ApiError) -> Response:
    """The refusal as a response."""
    found = Problem(
        type=error.kind.uri,
        title=error.kind.words,
        status=error.kind.status,
        detail=error.detail,
        errors=[Mistake(where=one.where, what=one.what, do=one.do) for one in error.faults],
    )
    body = found.model_dump_json(exclude_defaults=True)
    return Response(body, error.kind.status, error.headers, MEDIA_TYPE)


def told(fault: RipelineError) -> ApiError:
    """What a service refused, as the API answers it."""
    match fault:
        case NotAllowedError():
            return ApiError(Kind.SCOPE, _detail(fault.faults), fault.faults)
        case InvalidError():
            return ApiError(Kind.INVALID, _detail(fault.faults), fault.faults)
        case MissingError():
            return ApiError(Kind.NOT_FOUND, str(fault))
        case UnderWayError():
            return ApiError(Kind.UNDER_WAY, f"{fault}; ask again in a moment", headers={"retry-after": "1"})
        case OtherRequestError():
            return ApiError(Kind.OTHER_REQUEST, f"{fault}; use a new one for a new request")
        case ConflictError():
            return ApiError(Kind.CONFLICT, str(fault))
        case ProblemsError():
            return ApiError(Kind.CONFLICT, f"the home's files cannot be used: {fault}")
        case _:
            return ApiError(Kind.INVALID, str(fault))


def misread(error: RequestValidationError) -> ApiError:
    """A body or parameter of the wrong form, with each place. The values themselves are not repeated."""
    found = error.errors()
    faults = [Fault(_place(one["loc"]), _said(one)) for one in found]
    if any(one["type"] == "json_invalid" for one in found):
        return ApiError(Kind.MALFORMED, "the body is not JSON", faults)
    return ApiError(Kind.INVALID, _detail(faults), faults)


def _place(loc: Sequence[Any]) -> str:
    """`body.events[3].at`"""
    text = ""
    for one in loc:
        text += f"[{one}]" if isinstance(one, int) else f".{one}" if text else str(one)
    return text


def _said(found: Mapping[str, Any]) -> str:
    if found["type"] == "extra_forbidden":
        return "is not known here"
    if found["type"] == "json_invalid":
        return f"JSON ends or breaks here: {found.get('ctx', {}).get('error', '')}".rstrip(": ")
    text = str(found["msg"]).removeprefix("Value error, ")
    return text[:1].lower() + text[1:]


def _detail(faults: Sequence[Fault]) -> str:
    more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
    return f"{faults[0].where}: {faults[0].what}{more}" if faults else "the request is invalid"
