"""Types of the fields that all parts of a platform profile share."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import PydanticKnownError

from xinqiao.records.kinds import KINDS


def _kind(text: str) -> str:
    if text not in KINDS:
        raise PydanticKnownError("literal_error", {"expected": "、".join(KINDS)})
    return text


RecordKind = Annotated[str, AfterValidator(_kind)]
"""Identifier of a record kind that the hub knows."""
Text = Annotated[str, Field(min_length=1)]
Seconds = Annotated[float, Field(gt=0, le=86_400 * 30)]
Path = Annotated[str, Field(pattern=r"^/([^/\s?#][^\s?#]*)?$")]
Pattern = Annotated[str, Field(pattern=r"^[ -z|~]*\{secret\}[ -z|~]*$")]


class Table(BaseModel):
    """A table of a profile: frozen, and no key beyond those that are described."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", use_attribute_docstrings=True, allow_inf_nan=False
    )
