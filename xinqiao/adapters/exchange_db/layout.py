"""The exchange database's part of a profile: where it is, its tables, the role of every column."""

from typing import ClassVar, Literal

from xinqiao.adapters.fields import Seconds, Table, Text


class ExchangeDbTransport(Table):
    """Rows are put into tables of an exchange database (前置库报送)."""

    address_key: ClassVar[str] = "url"
    type: Literal["exchange_db"]
    """Kind of transport."""
    source: Text
    """Where this part comes from (依据)."""
    url: Text
    """Where rows go."""
    total_seconds: Seconds
    """Longest that one exchange may take."""


class FeedbackTable(Table):
    """A table in which the other side answers (反馈表)."""

    source: Text
    """Where this part comes from (依据)."""
