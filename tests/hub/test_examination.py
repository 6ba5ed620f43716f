"""What is missing before records of a kind can be sent; where parts of a profile come from."""

from typing import Any

import pytest

from xinqiao.adapters.base import Operation
from xinqiao.adapters.policies import CorrectionStrategy, WithdrawStrategy, Words
from xinqiao.adapters.profile import SHIPPED, Profile, load_profile
from xinqiao.examination import missing_for, sources_of
from xinqiao.mapping.registry import format_for

TABLE = format_for("credit_shandong", "permit").table


def profile(*operations: Operation, **changes: Any) -> Profile:
    words = Words(operations=dict.fromkeys(operations, "词"), kinds={"permit": "许可"})
    return load_profile("credit_shandong", {}).model_copy(update={"words": words, **changes})


def missing(one: Profile) -> list[str]:
    return list(missing_for("permit", one, TABLE))


@pytest.mark.parametrize(
    ("correction", "withdrawal", "needed"),
    [
        ("update", "by_hand", {Operation.INSERT, Operation.UPDATE}),
        ("replace", "by_hand", {Operation.INSERT, Operation.WITHDRAW}),
        ("by_hand", "by_hand", {Operation.INSERT}),
        ("by_hand", "operation", {Operation.INSERT, Operation.WITHDRAW}),
        ("by_hand", "void_row", {Operation.INSERT, Operation.UPDATE}),
    ],
)
def test_exactly_the_operations_that_the_strategies_use_must_have_a_word(
    correction: str, withdrawal: str, needed: set[Operation]
) -> None:
    changes = {
        "corrections": {"permit": CorrectionStrategy(correction)},
        "withdraw": {"permit": WithdrawStrategy(withdrawal)},
    }
    assert missing(profile(*needed, **changes)) == []
    for one in needed:
        (named,) = missing(profile(*(needed - {one}), **changes))
        assert f"words.operations.{one.value}" in named


def test_a_kind_without_word_or_table_is_named() -> None:
    every = profile(*Operation)
    assert list(missing_for("penalty", every, None)) == [
        "报送格式表",
        "平台对这类记录的叫法（words.kinds.penalty）",
    ]


def test_a_kind_without_a_template_is_named() -> None:
    whole = load_profile("credit_template_2018", {})
    templates = {"penalty": whole.transport.templates["penalty"]}  # type: ignore[union-attr] # manual
    half = whole.model_copy(
        update={"transport": whole.transport.model_copy(update={"templates": templates})}
    )
    assert missing(whole) == []
    assert missing(half) == ["版式（transport.templates.permit）"]


@pytest.mark.parametrize("name", SHIPPED)
def test_every_part_that_has_a_source_is_told_once(name: str) -> None:
    told = list(sources_of(load_profile(name, {})))
    parts = [one.part for one in told]
    assert parts[0] == ""
    assert {"transport", "capabilities", "limits", "pace", "receipts"} <= set(parts)
    assert len(parts) == len(set(parts))
    assert all(one.text for one in told)
