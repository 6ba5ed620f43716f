"""Every shipped table holds together with the others and with the record kinds."""

from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

import pytest

from xinqiao.errors import SettingsError
from xinqiao.mapping.checks import check_tables
from xinqiao.mapping.loading import load_table_set, parse_codes
from xinqiao.mapping.registry import formats
from xinqiao.mapping.tables import CodeTable, FormatTable
from xinqiao.records.conditions import Condition
from xinqiao.records.kinds import kind_of


def shipped_codes() -> dict[str, CodeTable]:
    folder = files("xinqiao.mapping") / "codes"
    paths = [path for path in folder.iterdir() if path.name.endswith(".toml")]
    return {p.name.removesuffix(".toml"): parse_codes(p.read_bytes(), p.name) for p in paths}


@pytest.fixture
def permit() -> FormatTable:
    tables = load_table_set("credit_shandong", "permit")
    assert tables is not None
    return tables.format


def changed(table: FormatTable, place: str, /, **changes: object) -> FormatTable:
    """Return ``table`` with one field changed and nothing checked."""
    fields = tuple(f.model_copy(update=changes) if f.code == place else f for f in table.fields)
    return table.model_copy(update={"fields": fields})


@pytest.mark.parametrize("table", formats(), ids=lambda table: f"{table.platform}-{table.kind}")
def test_a_shipped_format_table_is_sound(table: FormatTable) -> None:
    assert check_tables(table, shipped_codes(), kind_of(table.kind)) == ()


def test_the_permit_format_sends_every_field_of_a_permit_in_order(permit: FormatTable) -> None:
    assert [f.source_path for f in permit.fields] == list(kind_of("permit").labels)


def test_a_code_table_is_called_as_its_file() -> None:
    assert all(table.name == name for name, table in shipped_codes().items())


@pytest.mark.parametrize(
    ("code", "changes", "expected"),
    [
        ("XK_NR", {"source_path": "contents"}, "XK_NR：记录中没有字段 contents"),
        ("XK_NR", {"name": "备注"}, "字段名称 备注 重复"),
        ("XK_NR", {"source_path": "remarks"}, "来源字段 remarks 重复"),
        ("XK_NR", {"decimals": 2, "length": 1}, "小数位数不应多于总位数"),
        ("XK_ZT", {"codes": "colour"}, "XK_ZT：代码表 colour 不存在"),
        ("XK_XDR_LB", {"length": 3}, "“法人及非法人组织”超过字段长度 3"),
        ("XK_WSH", {"required": "never"}, "XK_WSH：平台主键字段应始终必填且不置空"),
    ],
)
def test_what_does_not_fit_is_told(
    permit: FormatTable, code: str, changes: dict[str, object], expected: str
) -> None:
    table = changed(permit, code, **changes)
    problems = check_tables(table, shipped_codes(), kind_of("permit"))
    assert any(expected in problem.text for problem in problems)


@pytest.mark.parametrize(
    ("update", "expected"),
    [
        ({"words": ("法人",)}, "XK_FRDB：条件中的“法人”不在代码表 subject_category 中"),
        ({"field": "subject.kind"}, "XK_FRDB：记录中没有字段 subject.kind"),
    ],
)
def test_a_condition_that_can_never_hold_is_told(
    permit: FormatTable, update: dict[str, object], expected: str
) -> None:
    row = next(f for f in permit.fields if f.code == "XK_FRDB").required_when[0]
    table = changed(permit, "XK_FRDB", required_when=(row.model_copy(update=update),))
    problems = check_tables(table, shipped_codes(), kind_of("permit"))
    assert expected in [problem.text for problem in problems]


@pytest.mark.parametrize(
    ("code", "conditions", "expected"),
    [
        (
            "XK_FRDB",
            {"required_when": [("status", ["有效"]), ("status", ["无效"])]},
            "条件与前面对 status 的条件矛盾",
        ),
        (
            "XK_FRDB",
            {"required_when": [("status", ["有效"]), ("status", False)]},
            "条件与前面对 status 的条件矛盾",
        ),
        (
            "XK_FRDB",
            {"required_when": [("status", ["有效"])], "blank_when": [("status", ["有效"])]},
            "必填条件与置空条件相同",
        ),
        (
            "XK_FRDB",
            {"required_when": [("subject.legal_representative", True)]},
            "必填条件不能看本字段自己",
        ),
        ("XK_FRDB", {"blank_when": [("permit_class", ["批准"])]}, "“批准”不在记录字段"),
    ],
)
def test_conditions_that_contradict_each_other_or_the_kind_are_told(
    permit: FormatTable,
    code: str,
    conditions: dict[str, list[tuple[str, list[str] | bool]]],
    expected: str,
) -> None:
    written = {
        key: tuple(
            Condition(field=path, filled=test)
            if isinstance(test, bool)
            else Condition.model_validate({"field": path, "in": test})
            for path, test in rows
        )
        for key, rows in conditions.items()
    }
    problems = check_tables(changed(permit, code, **written), shipped_codes(), kind_of("permit"))
    assert any(expected in problem.text for problem in problems)


def test_a_code_table_that_misses_a_word_of_the_record_is_told(permit: FormatTable) -> None:
    codes = shipped_codes()
    status = codes["permit_status_2018"]
    codes["permit_status_2018"] = status.model_copy(update={"entries": status.entries[:1]})
    problems = [problem.text for problem in check_tables(permit, codes, kind_of("permit"))]
    assert "XK_ZT：代码表 permit_status_2018 缺少记录里的“无效”" in problems


def test_a_void_mark_that_the_code_table_does_not_have_is_told(permit: FormatTable) -> None:
    table = permit.model_copy(update={"void": {"XK_ZT": "3"}})
    problems = [problem.text for problem in check_tables(table, shipped_codes(), kind_of("permit"))]
    assert problems == ["XK_ZT：作废值 3 不是代码表 permit_status_2018 的值"]


def test_an_identity_number_as_key_is_told(permit: FormatTable) -> None:
    table = permit.model_copy(update={"key_fields": ("XK_XDR_ZJHM",)})
    problems = check_tables(table, shipped_codes(), kind_of("permit"))
    assert "XK_XDR_ZJHM：证件号码不能作平台主键，可改用 record.id" in [one.text for one in problems]


def test_a_public_table_that_takes_what_names_a_person_is_told(permit: FormatTable) -> None:
    table = permit.model_copy(update={"public": True})
    told = {one.text for one in check_tables(table, shipped_codes(), kind_of("permit"))}
    assert {text.partition("：")[0] for text in told} == {
        "XK_FRDB",
        "XK_FR_ZJLX",
        "XK_FR_ZJHM",
        "XK_XDR_ZJLX",
        "XK_XDR_ZJHM",
    }


SPOILT = [
    ('from = "content"', 'from = "contents"', "XK_NR：记录中没有字段 contents"),
    ('code = "BZ"', 'code = "XK_NR"', "字段代码 XK_NR 重复"),
    ('name = "备注"', 'name = "许可内容"', "字段名称 许可内容 重复"),
    ('from = "remarks"', 'from = "content"', "来源字段 content 重复"),
    ('in = ["自然人"]', 'in = ["个人"]', "XK_XDR_SHXYM：条件中的“个人”不在"),
    ('key_fields = ["XK_WSH"]', 'key_fields = ["XK_BH"]', "key_fields 所指的字段 XK_BH 不在本表中"),
]


@pytest.mark.parametrize(("old", "new", "expected"), SPOILT)
def test_a_spoilt_table_of_a_workspace_refuses_to_load_naming_file_and_line(
    write_tables: Callable[..., Path], old: str, new: str, expected: str
) -> None:
    name = "formats/credit_shandong/permit-2018.toml"
    text = (files("xinqiao.mapping") / name).read_text(encoding="utf-8")
    line = text[: text.index(old)].count("\n") + 1
    folder = write_tables(text.replace(old, new, 1), name)
    with pytest.raises(SettingsError) as caught:
        load_table_set("credit_shandong", "permit", (folder,))
    # with the whole path: a clerk has two of that name, and may edit one
    assert f"报送格式表 {folder / name} 有误。" in caught.value.message
    assert f"第 {line} 行：{expected}" in caught.value.message


def test_a_doubled_value_of_a_code_table_refuses_to_load_unless_it_says_so() -> None:
    name = "codes/yes_no.toml"
    text = (files("xinqiao.mapping") / name).read_text(encoding="utf-8")
    doubled = text.replace('wire = "0"', 'wire = "1"')
    with pytest.raises(SettingsError, match=r"codes/yes_no\.toml 有误。第 12 行：报送值 1 重复"):
        parse_codes(doubled.encode(), name)
    said = doubled.replace('status = "reference"', 'status = "reference"\nmerges = true')
    assert len(parse_codes(said.encode(), name).entries) == 2


def test_paths_stay_unchecked_when_the_kind_is_not_known(permit: FormatTable) -> None:
    table = changed(permit, "XK_NR", source_path="contents")
    assert check_tables(table, shipped_codes(), None) == ()
