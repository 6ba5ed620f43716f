"""A table or view in which the platform shows what it took in: that part of a profile (台账表)."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from xinqiao.adapters.exchange_db.layout import DatePattern, Name
from xinqiao.adapters.fields import Table, Text

_ORDER = ("YYYY", "MM", "DD", "hh", "mm", "ss")


class LedgerTable(Table):
    """What the other side shows of one kind of record, in the exchange database (台账表)."""

    source: Text
    """Where this part comes from (依据)."""
    name: Name
    """Name of the table or view as it stands in the database."""
    database_schema: Name | None = Field(default=None, alias="schema")
    """Schema that it is in; that of the transport where it is left out."""
    fields: Annotated[dict[Text, Name], Field(min_length=1)]
    """Field code of our format → column; those of the business key must be among them."""
    taken_in: Name
    """Column that tells when a record was taken in (入库时间), meant in Asia/Shanghai."""
    taken_in_type: Literal["datetime", "instant", "date", "text"] = "datetime"
    """Type of that column; ``instant`` is a time with its zone (timestamptz)."""
    date_pattern: DatePattern | None = None
    """How a text of that column is written; year, month, day and time in this order."""
    order: Name
    """Column by which the ledger is read on: different in every row, and never changed."""
    order_type: Literal["integer", "text"] = "text"
    """Type of that column."""
    reference: Name | None = None
    """Column of the platform's own id of the record (平台编号)."""
    page_rows: Annotated[int, Field(ge=1, le=10_000)] = 1000
    """Records that are asked for at once."""

    @model_validator(mode="after")
    def _can_be_read_by_days(self) -> "LedgerTable":
        if (self.taken_in_type == "text") == (self.date_pattern is None):
            raise ValueError("taken_in_type = text 与 date_pattern 须同时写")
        pattern = self.date_pattern or ""
        places = [pattern.find(part) for part in _ORDER if part in pattern]
        if self.date_pattern is not None and (
            places != sorted(places) or not {"YYYY", "MM", "DD"} <= {*_parts(pattern)}
        ):
            raise ValueError("date_pattern 须从年到秒依次写，且写到日，才能按日期取台账")
        return self


def _parts(pattern: str) -> list[str]:
    return [part for part in _ORDER if part in pattern]
