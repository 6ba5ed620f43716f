"""What a profile may say about files, and how it is told what is wrong."""

from datetime import timedelta
from importlib import resources
from typing import Any

import pytest

from tests.adapters.file_drop.samples import SEALED_AT, answers, batch, profile, row, template
from xinqiao.adapters.base import SealedBatch
from xinqiao.adapters.file_drop.names import NameParts, file_name, serial_of
from xinqiao.adapters.profile import load_profile
from xinqiao.errors import SettingsError


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"name": "fixed.csv"}, "须含 {batch} 或 {serial:05d}"),
        ({"name": "{batch.__class__}.csv"}, "可用的有"),
        ({"name": "{batch!r}.csv"}, "可用的有"),
        ({"name": "{stem}.csv"}, "回执文件名用的"),
        ({"name": "{serial:03d}.csv"}, "{serial} 的写法不对"),
        ({"name": "{date:%A}_{batch}"}, "{date} 的写法不对"),
        ({"name": "{batch"}, "花括号不成对"),
        ({"columns": [{"label": "x"}]}, "必须且只能填写一项"),
        ({"columns": [{"field": "A", "constant": ""}]}, "必须且只能填写一项"),
        ({"columns": [{"role": "written_at"}]}, "需要 date_pattern"),
        ({"columns": [{"role": "batch", "date_pattern": "YYYYMMDD"}]}, "只用于 field"),
        ({"columns": [{"field": "A", "date_pattern": "yy"}]}, "YYYY、MM、DD"),
        ({"columns": []}, "至少应有一条"),
        ({"omit": ["A"]}, "A 既有列，又列在 omit"),
        ({"first_row": 1}, "first_row 不得小于 2"),
        ({"format": "xls", "max_rows": 65_536}, "xls 放不下这么多行"),
        ({"sheet": "a/b"}, "transport.templates.permit.sheet 应为工作表名"),
        ({"sheet": 1}, "须写工作表名"),
        ({"charset": "gbk", "header_rows": [["😀"]]}, "gbk 编码中没有的字符"),
        ({"header_rows": [["a\nb"]]}, "控制字符"),
        ({"format": "xml", "columns": [{"field": "A", "label": "名 称"}]}, "不能作 xml"),
        ({"format": "xml", "row": "xmlrow"}, "不能作 xml"),
        ({"colums": []}, "colums"),
    ],
)
def test_a_template_that_is_not_right_is_told(changes: dict[str, Any], told: str) -> None:
    with pytest.raises(SettingsError) as caught:
        template(**changes)
    assert told in caught.value.message
    assert "platforms/files.toml：transport" in caught.value.message


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"name": "*.csv"}, "回执须能认出批次"),
        ({"match_by": "key"}, "match_by = key 需要 columns.key"),
        ({"columns": {"verdict": None}}, "须同时填写"),
        ({"header_row": 0}, "只能写列的位置"),
        ({"format": "xml", "columns": {"row": 1}}, "xml 的 columns 只能写名称"),
        ({"all_fine_name": "fine.txt"}, "all_fine_name 中须写"),
        ({"columns": {"row": 0}}, "receipts.file.columns.row 应为列的表头，或列的位置"),
        ({"columns": {"row": True}}, "receipts.file.columns.row 应为列的表头，或列的位置"),
        ({"sheet": ""}, "receipts.file.sheet 应为工作表名"),
        ({"folder": ""}, "receipts.mode = receipt_file 需要"),
    ],
)
def test_an_answer_layout_that_is_not_right_is_told(changes: dict[str, Any], told: str) -> None:
    with pytest.raises(SettingsError) as caught:
        answers(**changes)
    assert told in caught.value.message


def test_an_error_file_must_say_where_it_appears() -> None:
    with pytest.raises(SettingsError, match=r"receipts\.mode = error_file 需要"):
        profile({"receipts": {"mode": "error_file", "file": {"folder": ""}}})


def name_of(pattern: str, sealed: SealedBatch) -> str:
    return file_name(pattern, NameParts(sealed, "XK", "I"))


def test_a_name_is_made_of_the_batch_and_the_day_of_its_sealing_in_shandong() -> None:
    assert name_of("{kind}-{operation}_{date:%Y%m%d}_{batch}.csv", batch()) == (
        "XK-I_20261120_XQ1.csv"
    )


def test_a_name_that_two_batches_may_share_needs_answers_that_tell_them_apart() -> None:
    weak = {"transport": {"templates": {"permit": {"name": "{serial:05d}.csv"}}}}
    with pytest.raises(SettingsError, match="少于八位"):
        profile(weak)
    told = {"receipts": {"file": {"columns": {"key": "key"}}}}
    assert profile(weak | told).address == "in"
    assert template(name="{serial:08d}.csv").address == "in"


def test_an_unknown_key_inside_a_template_is_told_with_the_nearest_one() -> None:
    with pytest.raises(SettingsError) as caught:
        template(colums=[])
    assert (
        "transport.templates.permit.colums 不是认识的项，是否想写 columns" in caught.value.message
    )


def test_a_serial_comes_from_the_batch_number_alone() -> None:
    later = batch(row(9), sealed_at=SEALED_AT + timedelta(days=3))
    assert name_of("{serial:05d}.csv", batch()) == name_of("{serial:05d}.csv", later)
    assert len(name_of("{serial:05d}.csv", batch())) == len("00000.csv")
    assert len({serial_of(f"XQ{number}") for number in range(1000)}) == 1000


def test_a_batch_without_its_sealing_cannot_be_named_by_day() -> None:
    with pytest.raises(SettingsError, match="没有记录封存时间"):
        name_of("{date:%Y%m%d}_{batch}.csv", batch(sealed_at=None))


@pytest.mark.parametrize("number", ["a/b", "..", "", "a\nb", "x" * 300, "c:d"])
def test_a_name_that_no_folder_takes_is_refused(number: str) -> None:
    with pytest.raises(SettingsError, match="得不到可用的文件名"):
        name_of("{batch}", batch(number=number))


def test_the_instant_of_sealing_is_part_of_the_seal_and_older_seals_keep_their_bytes() -> None:
    assert SealedBatch.from_bytes(batch().to_bytes()) == batch()
    old = batch(sealed_at=None)
    assert b"sealed_at" not in old.to_bytes()
    assert SealedBatch.from_bytes(old.to_bytes()) == old


@pytest.mark.parametrize("name", ["credit_template_2018", "transport_csv_folder"])
def test_a_shipped_profile_of_files_says_that_it_is_a_reference(name: str) -> None:
    text = resources.files("xinqiao.adapters").joinpath("profiles", f"{name}.toml").read_text()
    assert "非接入方文件" in text or "本系统自拟" in text
    loaded = load_profile(name, {})
    assert loaded.status == "reference"
    assert not loaded.address.startswith("/")
    assert set(loaded.words.kinds) == {"permit", "penalty"}


def test_the_seen_quirk_of_the_penalty_template_is_kept() -> None:
    transport = load_profile("credit_template_2018", {}).transport
    assert transport.type == "manual"
    penalty = transport.templates["penalty"]
    assert (penalty.format, penalty.sheet, penalty.header) == ("xls", "Sheet", "names")
    assert [place for place, one in enumerate(penalty.columns, 1) if not one.label] == [15]
    permit = transport.templates["permit"]
    assert (permit.format, permit.sheet, permit.header) == ("xlsx", "双公示", "codes")
