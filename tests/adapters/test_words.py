import pytest

from xinqiao.adapters.base import Operation
from xinqiao.adapters.words import asked_as, operation_word
from xinqiao.errors import SettingsError

WORDS = {Operation.INSERT: "A", Operation.WITHDRAW: "D"}


def test_a_take_down_without_a_word_of_its_own_is_asked_for_as_a_withdrawal() -> None:
    assert operation_word(Operation.TAKE_DOWN, WORDS) == "D"
    assert asked_as(Operation.TAKE_DOWN, WORDS) is Operation.WITHDRAW


def test_a_take_down_with_a_word_of_its_own_is_never_told_as_a_withdrawal() -> None:
    words = WORDS | {Operation.TAKE_DOWN: "X"}
    assert operation_word(Operation.TAKE_DOWN, words) == "X"
    assert operation_word(Operation.WITHDRAW, words) == "D"


def test_nothing_else_borrows_a_word() -> None:
    with pytest.raises(SettingsError, match="没有 update 操作"):
        operation_word(Operation.UPDATE, WORDS)
    with pytest.raises(SettingsError, match="没有 withdraw 操作"):
        operation_word(Operation.WITHDRAW, {Operation.TAKE_DOWN: "X"})
    with pytest.raises(SettingsError, match="没有 take_down 或 withdraw 操作"):
        operation_word(Operation.TAKE_DOWN, {})
