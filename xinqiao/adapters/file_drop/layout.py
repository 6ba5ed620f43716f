"""The part of a profile that tells files: their template, where they go, how answers are read."""

from typing import ClassVar, Literal

from xinqiao.adapters.fields import Seconds, Table, Text


class FileTransport(Table):
    """Rows are put into a file in a folder (文件报送)."""

    address_key: ClassVar[str] = "folder"
    type: Literal["file"]
    """Kind of transport."""
    source: Text
    """Where this part comes from (依据)."""
    folder: Text
    """Where rows go."""
    total_seconds: Seconds
    """Longest that one exchange may take."""


class ManualTransport(Table):
    """Rows are put into a file that a clerk uploads by hand (人工上传)."""

    address_key: ClassVar[str] = "folder"
    type: Literal["manual"]
    """Kind of transport."""
    source: Text
    """Where this part comes from (依据)."""
    folder: Text
    """Where rows go."""
    total_seconds: Seconds
    """Longest that one exchange may take."""


class ReceiptFile(Table):
    """A file in which the other side answers (回执文件)."""

    source: Text
    """Where this part comes from (依据)."""
