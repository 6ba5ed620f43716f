"""Rows of a table of rules of which, for a kind of record, the first that fits holds (逐行适用)."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Protocol, TypeVar

from xinqiao.records.conditions import Condition, Test, always, compile_conditions
from xinqiao.records.kinds import KINDS
from xinqiao.routing.tables import TableFile


class Conditional(Protocol):
    """A row about one kind of record, or about those of them that fulfil its conditions."""

    @property
    def kind(self) -> str:
        """The kind."""

    @property
    def when(self) -> tuple[Condition, ...]:
        """Conditions that together select the records; none for all."""


Row = TypeVar("Row", bound=Conditional)


@cache
def condition_test(when: tuple[Condition, ...]) -> Test:
    """Return the test whether a record fulfils ``when``; no conditions are fulfilled by all."""
    return compile_conditions(when) if when else always


def covers(earlier: Conditional, later: Conditional) -> bool:
    """Tell whether ``later`` can never hold because ``earlier`` takes all of its records."""
    return set(earlier.when) <= set(later.when)


def rows_by_kind(table: TableFile, key: str, rows: Sequence[Row]) -> Mapping[str, tuple[Row, ...]]:
    """Return kind → its rows, in order, for a table that must say something of every record.

    Args:
        table: Where the rows were read.
        key: The key under which they stand in it.
        rows: The rows.

    Raises:
        SettingsError: A kind, a field or a word does not exist, a row can never hold, or a kind has
            no row that is about every record.
    """
    found: dict[str, tuple[Row, ...]] = {}
    for number, row in enumerate(rows):
        table.check_kind(row.kind, key, number, "kind")
        table.check_conditions(row.kind, row.when, key, number)
        earlier = found.get(row.kind, ())
        if any(covers(one, row) for one in earlier):
            raise table.fault(f"{row.kind} 的这一行永远用不到，前面已有一行包括了它", key, number)
        found[row.kind] = (*earlier, row)
    for kind in KINDS:
        if not any(not row.when for row in found.get(kind, ())):
            raise table.fault(f"缺少 {kind} 的一行（不写 when 的一行）", key)
    return found
