"""Conditions said in Chinese (条件的文字说明), for findings, explanations and documents."""

from collections.abc import Mapping, Sequence

from xinqiao.records.conditions import Condition


def in_words(conditions: Sequence[Condition], names: Mapping[str, str]) -> str:
    """Return what ``conditions`` ask for, in Chinese; empty for none.

    Args:
        conditions: Rows that hold together.
        names: Path of a record's field → its Chinese name; a path without one is shown as it is.
    """
    return "，且".join(_one(condition, names) for condition in conditions)


def _one(condition: Condition, names: Mapping[str, str]) -> str:
    name = f"“{names.get(condition.field, condition.field)}”"
    if condition.words is not None:
        return f"{name}为{'或'.join(condition.words)}"
    if condition.any_word is not None:
        return f"{name}含{'或'.join(f'“{word}”' for word in condition.any_word)}"
    if condition.contains is not None:
        return f"{name}写有{'或'.join(f'“{text}”' for text in condition.contains)}"
    return f"{name}{'已填' if condition.filled else '未填'}"
