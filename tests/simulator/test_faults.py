import json
from pathlib import Path
from typing import Any

import pytest

from xinqiao.errors import InputError, SettingsError
from xinqiao.simulator.faults import fault_kinds, load_faults, read_faults


def one(**keys: Any) -> bytes:
    return json.dumps([keys]).encode()


def test_the_table_tells_every_fault_in_both_languages() -> None:
    for kind in fault_kinds().values():
        assert not kind.chinese.isascii()
        assert kind.english.isascii()
        assert kind.calls


def test_a_file_of_faults_is_read(tmp_path: Path) -> None:
    path = tmp_path / "faults.toml"
    path.write_text(
        '[[faults]]\nname = "timeout_after_commit"\nnth = 2\nseconds = 3.5\n'
        '[[faults]]\nname = "busy"\ncall = "receipts"\nprobability = 0.5\n',
        encoding="utf-8",
    )
    first, second = load_faults(path)
    assert (first.name, first.call, first.nth, first.duration, first.limit) == (
        "timeout_after_commit",
        "submissions",
        2,
        3.5,
        1,
    )
    assert (second.call, second.probability, second.limit) == ("receipts", 0.5, None)


def test_what_a_fault_leaves_out_comes_from_the_table() -> None:
    limited, strange = read_faults(b'[{"name": "rate_limited"}, {"name": "error_inside_200"}]')
    assert (limited.duration, limited.http_status) == (1, 429)
    assert strange.platform_code == "9999"


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"name": "earthquake"}, "没有这个名称的故障"),
        ({"name": "busy", "colour": "red"}, "colour"),
        ({"name": "busy", "seconds": 3}, "没有选项 seconds"),
        ({"name": "partial_rejection", "call": "receipts"}, "不适用于 receipts"),
        ({"name": "token_expired", "call": "token"}, "不适用于 token"),
        ({"name": "busy", "nth": 0}, "nth"),
        ({"name": "busy", "probability": 1.5}, "probability"),
        ({"name": "busy", "nth": 2, "probability": 0.5}, "只能填写一个"),
        ({"name": "busy", "call": "ledger", "operation": "insert"}, "只适用于 submissions"),
        ({"name": "busy", "times": "often"}, "times"),
        ({}, "name"),
    ],
)
def test_a_fault_that_is_not_right_is_refused(keys: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        read_faults(one(**keys))


@pytest.mark.parametrize("text", ["faults = [", "[[fault]]\nname = 'busy'", "[[faults]]\nnth = 1"])
def test_a_file_that_is_not_right_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "faults.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError, match=r"faults\.toml"):
        load_faults(path)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="无法读取故障文件"):
        load_faults(tmp_path / "nothing.toml")
