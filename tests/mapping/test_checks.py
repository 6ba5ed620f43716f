"""Every shipped table holds together with the others and with the record kinds."""

from importlib.resources import files

import pytest

from xinqiao.mapping.checks import check_tables
from xinqiao.mapping.loading import load_table_set, parse_codes
from xinqiao.mapping.registry import formats
from xinqiao.mapping.tables import CodeTable, FormatTable
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


def test_paths_stay_unchecked_when_the_kind_is_not_known(permit: FormatTable) -> None:
    table = changed(permit, "XK_NR", source_path="contents")
    assert check_tables(table, shipped_codes(), None) == ()
