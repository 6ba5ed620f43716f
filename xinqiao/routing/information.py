"""Which class of public credit information records belong to (信息性质).

Read from ``information.toml``. 山东省社会信用条例 §§11–14 part it into basic, negative and other
information.
"""

from collections.abc import Mapping
from enum import StrEnum
from functools import cache

from pydantic import BaseModel, ConfigDict, Field

from xinqiao.records.conditions import Condition
from xinqiao.routing.rows import condition_test, rows_by_kind
from xinqiao.routing.rules import Confidence, Text
from xinqiao.routing.tables import TableFile, shipped_table

_FILE = "information.toml"


class InformationClass(StrEnum):
    """The class of a record (信息性质)."""

    BASIC = "basic"
    """基础信息 (条例 §12)."""

    DISHONESTY = "dishonesty"
    """失信信息 (条例 §13)."""

    OTHER = "other"
    """其他信息 (条例 §14)."""


CLASSES: Mapping[InformationClass, str] = {
    InformationClass.BASIC: "基础信息",
    InformationClass.DISHONESTY: "失信信息",
    InformationClass.OTHER: "其他信息",
}
"""The classes as people read them."""


class Classification(BaseModel):
    """One row: which records are of which class.

    Attributes:
        kind: Record kind, such as ``permit``.
        information: The class.
        when: Conditions that together select the records the row is about; none for all. The first
            row of a kind that is about a record holds.
        basis: Law and article, in Chinese.
        confidence: How well ``basis`` is known.
        note: Chinese remark, or empty.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Text
    information: InformationClass
    when: tuple[Condition, ...] = ()
    basis: Text
    confidence: Confidence
    note: str = ""


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    rows: tuple[Classification, ...] = Field(alias="class", min_length=1)


def read_information(text: str) -> Mapping[str, tuple[Classification, ...]]:
    """Return kind → the rows of a TOML ``text``, in order.

    Raises:
        SettingsError: The table is faulty, or says nothing of some records; file and line are
            named.
    """
    table = TableFile(_FILE, text)
    return rows_by_kind(table, "class", table.read(_Table).rows)


@cache
def information_classes() -> Mapping[str, tuple[Classification, ...]]:
    """Return kind → the rows that xinqiao ships, in order."""
    return read_information(shipped_table(_FILE).text)


def information_of(kind: str, content: Mapping[str, str]) -> Classification:
    """Return the row that holds for a record."""
    return next(row for row in information_classes()[kind] if condition_test(row.when)(content))
