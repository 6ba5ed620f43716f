"""Findings (疑点): what is wrong, doubtful or was cleaned in one field of one record."""

from dataclasses import dataclass
from enum import StrEnum

IDENTITY_NUMBER_WRITTEN = "identity_number"
"""Code of findings about free text that seems to hold an identity number (疑似写有身份证号码)."""


class Severity(StrEnum):
    """How much a finding matters."""

    ERROR = "error"
    """The record cannot be reported until a person corrects it (错误)."""

    WARNING = "warning"
    """The record is reported; a person should look (提醒)."""

    CLEANED = "cleaned"
    """The program corrected the spelling of the value by itself (已清洗)."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One remark about one field.

    Attributes:
        field: Dotted path of the field in the record, such as ``subject.name``; empty for the row.
        code: Stable English identifier, such as ``check_digit``.
        severity: See :class:`Severity`.
        message: Chinese text for the operator: what is wrong and what to do. Never holds the value
            of an identity number.
    """

    field: str
    code: str
    severity: Severity
    message: str
