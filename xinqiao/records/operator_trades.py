"""What each trade adds to an operator (各行业的扩展字段), and which trades are filed, not licensed.

Source: ``operator_trades.toml``, which names its own row by row.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Self

from pydantic import BaseModel, Field, StrictBool, model_validator

from xinqiao.records.conditions import FieldPath, TablePart, Text
from xinqiao.records.fields import split_words
from xinqiao.records.findings import Finding, Severity
from xinqiao.records.shipped_tables import shipped_table

LICENSED = "许可"
FILED = "备案"
LICENCE_MODES = (LICENSED, FILED)
"""The words of 许可方式."""


class Trade(TablePart):
    """One trade; the keys are explained at the head of the table."""

    name: Text
    words: tuple[Text, ...] = Field(min_length=1)
    fields_: tuple[FieldPath, ...] = Field((), alias="fields")
    asked: tuple[FieldPath, ...] = ()
    filed: StrictBool
    source: str = ""

    @model_validator(mode="after")
    def _without_contradiction(self) -> Self:
        if not set(self.asked) <= set(self.fields_):
            raise ValueError(f"{self.name}：asked 里有 fields 以外的字段")
        if self.filed and not self.source:
            raise ValueError(f"{self.name}：实行备案须写明依据")
        return self


class Trades(TablePart):
    """The whole table."""

    edition: Text
    trades: tuple[Trade, ...] = Field(alias="trade", min_length=1)

    @model_validator(mode="after")
    def _each_word_and_field_once(self) -> Self:
        for parts in ([one.words for one in self.trades], [one.fields_ for one in self.trades]):
            every = [part for some in parts for part in some]
            doubled = {part for part in every if every.count(part) > 1}
            if doubled:
                raise ValueError(f"{'、'.join(sorted(doubled))} 写在两个行业里")
        return self


@cache
def trades() -> tuple[Trade, ...]:
    """Return the trades that are shipped, read once.

    Raises:
        SettingsError: The table contradicts itself; the message names file and line.
    """
    return shipped_table("operator_trades.toml", Trades).trades


def trade_rules(model: type[BaseModel], content: Mapping[str, str]) -> Iterator[Finding]:
    """Yield warnings about fields that another trade fills, or this one lacks, and about the mode.

    Args:
        model: Form of the record; titles of its fields are their Chinese names.
        content: The record.
    """
    carried_on = set(split_words(content.get("business_categories", "")))
    if not carried_on:
        return
    for trade in trades():
        theirs = not carried_on.isdisjoint(trade.words)
        for field in trade.fields_:
            label = model.model_fields[field].title
            if not theirs and field in content:
                message = f"业务类别里没有{trade.name}，{label}只由{trade.name}填写，请核对两处"
                yield Finding(field, "another_trade", Severity.WARNING, message)
            elif theirs and field in trade.asked and field not in content:
                message = f"业务类别有{trade.name}，没有填{label}，请补填"
                yield Finding(field, "asked_for", Severity.WARNING, message)
        if theirs and trade.filed and content.get("licence_mode") == LICENSED:
            message = f"{trade.name}实行备案（{trade.source}），许可方式填了许可，请核对"
            yield Finding("licence_mode", "should_be_filed", Severity.WARNING, message)
