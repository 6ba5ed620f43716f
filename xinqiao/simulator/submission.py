"""The request body of a submission, checked for its structure before anything is decided."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, PositiveInt, ValidationError, model_validator

from xinqiao.errors import InputError

Operation = Literal["insert", "update", "withdraw", "take_down"]
"""What a submission asks for: 新增, 变更, 撤回, 下架."""

_Text = Annotated[str, Field(min_length=1, max_length=128)]


class _Message(BaseModel):
    # A value in an error message could be an identity number.
    model_config = ConfigDict(frozen=True, strict=True, hide_input_in_errors=True)


class Item(_Message):
    """One row: its position from 1 and its fields, code → text."""

    index: PositiveInt
    fields: Mapping[str, str]


class Submission(_Message):
    """One batch as it was sent (批次).

    Attributes:
        batch_number: The sender's number of the batch (批次号).
        resource: What the rows are, such as ``permit``.
        operation: What is asked for every row.
        organisation_code: Code of the sending organisation (机构代码).
        items: The rows.
    """

    batch_number: _Text = Field(alias="batchNo")
    resource: _Text
    operation: Operation
    organisation_code: _Text = Field(alias="orgCode")
    items: Annotated[list[Item], Field(min_length=1)]

    @model_validator(mode="after")
    def _positions_differ(self) -> "Submission":
        if len({item.index for item in self.items}) != len(self.items):
            raise ValueError("two rows have one index")
        return self


def read_submission(body: bytes) -> Submission:
    """Return the submission in ``body``.

    Raises:
        InputError: The structure is wrong; the message names the place, never a value.
    """
    try:
        return Submission.model_validate_json(body)
    except ValidationError as error:
        raise _unfit(error) from None


def submission_of(values: Mapping[str, Any]) -> Submission:
    """Return the submission that another wire spells as ``values``, under the names of this one.

    Raises:
        InputError: As :func:`read_submission`.
    """
    try:
        return Submission.model_validate(dict(values))
    except ValidationError as error:
        raise _unfit(error) from None


def _unfit(error: ValidationError) -> InputError:
    place = ".".join(str(part) for part in error.errors(include_input=False)[0]["loc"])
    return InputError(f"报文结构不合要求：{place or '整个报文'}")
