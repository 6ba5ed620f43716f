"""Types of the fields that all parts of a platform profile share."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Text = Annotated[str, Field(min_length=1)]
Seconds = Annotated[float, Field(gt=0, le=86_400 * 30)]
Path = Annotated[str, Field(pattern=r"^/([^/\s?#][^\s?#]*)?$")]
Pattern = Annotated[str, Field(pattern=r"^[ -z|~]*\{secret\}[ -z|~]*$")]


class Table(BaseModel):
    """A table of a profile: frozen, and no key beyond those that are described."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", use_attribute_docstrings=True, allow_inf_nan=False
    )
