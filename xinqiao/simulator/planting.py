"""Changes that somebody else made at the platform, planted to be found (台账差异)."""

from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict, ValidationError

from xinqiao.errors import InputError


class Planting(BaseModel):
    """One change of what the platform holds, made behind our back.

    Attributes:
        resource: Resource word, such as ``permit``.
        number: Document number (文书号).
        subject: Subject's name, where several stand under one number.
        fields: Field code → text to be written; a record that does not exist is made. None takes
            the record away.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    resource: str
    number: str
    subject: str = ""
    fields: Mapping[str, str] | None = None


def read_planting(body: bytes) -> Planting:
    """Return the change in ``body``, a JSON object.

    Raises:
        InputError: It is not right.
    """
    try:
        return Planting.model_validate_json(body)
    except ValidationError as error:
        raise InputError(f"台账改动有误：{error.error_count()} 处") from None
