"""How many of the items that a platform's format requires a record has (数据项完整)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from xinqiao.mapping.engine import CompiledFormat
from xinqiao.mapping.identity import RECORD_ID
from xinqiao.mapping.tables import FormatField
from xinqiao.records.conditions import Test, always, compile_conditions, is_blank, never


@dataclass(frozen=True, slots=True)
class Items:
    """Required items of one record at one platform.

    Attributes:
        filled: How many of them the record has.
        required: How many there are.
    """

    filled: int
    required: int


def item_counter(compiled: CompiledFormat) -> Callable[[Mapping[str, str]], Items | None]:
    """Return what counts the required items of a record in one format; make it once.

    An item counts as required when the table says so always, or on conditions that the record
    fulfils; one that is sent blank is not. A constant is always there, and so is the 记录标识. The
    content may be as it is stored: an encrypted value is a filled one. The result is None for a
    record that the platform never gets.
    """
    steps = tuple(step for field in compiled.table.fields if (step := _step(field)) is not None)
    own = frozenset({"", RECORD_ID})

    def count(content: Mapping[str, str]) -> Items | None:
        if compiled.withheld(content):
            return None
        filled = required = 0
        for step in steps:
            if step.blank(content) or not step.required(content):
                continue
            required += 1
            filled += step.path in own or not is_blank(content.get(step.path, ""))
        return Items(filled, required)

    return count


@dataclass(frozen=True, slots=True)
class _Step:
    """When one item is required, and what fills it; a constant has no path."""

    path: str
    required: Test
    blank: Test


def _step(field: FormatField) -> _Step | None:
    if field.required == "never":
        return None
    required = always if field.required == "always" else compile_conditions(field.required_when)
    blank = compile_conditions(field.blank_when) if field.blank_when else never
    return _Step(field.source_path or "", required, blank)
