"""Several words in one cell, some of which hold a separator themselves."""

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xinqiao.intake.headers import header_table
from xinqiao.intake.words import words_text
from xinqiao.records.fields import split_words
from xinqiao.records.penalty import KINDS_2018, KINDS_2021

VALUES = header_table("penalty").fields["penalty_kinds"].values
WORDS = [word for word in (*KINDS_2018, *KINDS_2021) if word != "其他"]


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ("罚款", "罚款"),
        ("没收违法所得、没收非法财物", "没收违法所得、没收非法财物"),
        ("罚款、没收违法所得、没收非法财物", "罚款；没收违法所得、没收非法财物"),
        ("罚款、没收违法所得", "罚款；没收违法所得"),
        ("警告，罚款", "警告；罚款"),
        ("警告；罚款;警告", "警告；罚款"),
        ("暂扣或者吊销许可证、暂扣或者吊销执照", "暂扣或者吊销许可证、暂扣或者吊销执照"),
        ("暂扣或者吊销许可证", "暂扣或者吊销许可证、暂扣或者吊销执照"),
        ("吊销许可证、罚款", "吊销许可证件；罚款"),
        ("其他-限制从业、公开道歉", "其他-限制从业、公开道歉"),
        ("罚款；其他-公开道歉", "罚款；其他-公开道歉"),
        ("、罚款、", "罚款"),
        ("罚 金", "罚；金"),
        ("罚金", "罚金"),
        ("", ""),
    ],
)
def test_words_are_told_apart(cell: str, words: str) -> None:
    assert words_text(cell, VALUES) == words


def parts(words: Iterable[str]) -> list[str]:
    return list(dict.fromkeys("、".join(words).split("、")))


@given(
    st.lists(st.sampled_from(WORDS), min_size=1, max_size=5, unique=True),
    st.sampled_from(["、", "，", ",", ";", "；", "/", " "]),
)
def test_whatever_stands_between_words_each_is_found_again(
    words: list[str], separator: str
) -> None:
    found = split_words(words_text(separator.join(words), VALUES))
    # two words of 2021 side by side may spell the one word of 2018 that names both
    assert parts(found) == parts(words)
    assert words_text("；".join(found), VALUES) == "；".join(found)


def test_the_longest_way_to_read_a_cell_wins() -> None:
    values = {"甲": "一", "甲、乙": "二"}
    assert words_text("甲、乙", values) == "二"
    assert words_text("甲、丙", values) == "一；丙"
