"""Dates of one record that must follow each other, and dates that must have come."""

from collections.abc import Iterator, Mapping
from datetime import date

from pydantic import BaseModel

from xinqiao.records.fields import iso_date
from xinqiao.records.findings import Finding, Severity


def not_in_future(
    model: type[BaseModel], content: Mapping[str, str], today: date, *fields: str
) -> Iterator[Finding]:
    """Yield an error for each of ``fields`` whose date lies after ``today``.

    Args:
        model: Form of the record; titles of its fields are their Chinese names.
        content: The record.
        today: Legal date in Asia/Shanghai.
        fields: Names of fields of ``model``.
    """
    for field in fields:
        day = iso_date(content.get(field))
        if day is not None and day > today:
            message = f"{_label(model, field)} {day} 晚于今天（{today}），请核对"
            yield Finding(field, "in_future", Severity.ERROR, message)


def in_order(
    model: type[BaseModel], content: Mapping[str, str], earlier: str, later: str
) -> Iterator[Finding]:
    """Yield an error at ``later`` when its date lies before that of ``earlier``."""
    first, last = iso_date(content.get(earlier)), iso_date(content.get(later))
    if first is not None and last is not None and last < first:
        message = f"{_label(model, later)} {last} 早于{_label(model, earlier)} {first}，请核对"
        yield Finding(later, "before_start", Severity.ERROR, message)


def _label(model: type[BaseModel], field: str) -> str:
    return model.model_fields[field].title or field
