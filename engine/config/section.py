"""What every table of `config.toml` is made of."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, ValidationInfo, field_validator
from pydantic_core import PydanticKnownError

_KINDS = {int: "int_type", float: "float_type", bool: "bool_type"}


class Section(BaseModel):
    """A table of the file: unknown keys are mistakes, and nothing changes after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @field_validator("*", mode="before")
    @classmethod
    def _is_what_it_says(cls, value: object, info: ValidationInfo) -> object:
        """A number or a truth in quotes is a text: `port = "587"` is a slip, which editors mark by the schema too."""
        kind = _KINDS.get(cls.model_fields[info.field_name].annotation) if info.field_name else None  # type: ignore[arg-type]
        if kind is not None and isinstance(value, str):
            raise PydanticKnownError(kind)  # type: ignore[arg-type]
        return value
