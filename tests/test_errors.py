"""What the operating system refuses is told in Chinese, by the words of one table."""

import errno
from pathlib import Path

import pytest

from xinqiao.errors import reason_of


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOENT, "没有这个文件或文件夹"),
        (errno.ENOSPC, "磁盘已满"),
        (errno.EROFS, "所在的磁盘只能读"),
    ],
)
def test_a_refusal_of_the_system_is_told_in_chinese(number: int, words: str) -> None:
    assert reason_of(OSError(number, "in English")) == words


def test_an_error_that_is_not_foreseen_is_told_by_its_number() -> None:
    assert reason_of(OSError(errno.EILSEQ, "Invalid byte")) == f"系统错误 {errno.EILSEQ}"
    assert "None" not in reason_of(OSError("no number at all"))


def test_no_message_quotes_the_systems_english_words() -> None:
    folder = Path(__file__).parents[1] / "xinqiao"
    quoting = [path for path in folder.rglob("*.py") if "strerror" in path.read_text("utf-8")]
    assert quoting == []
