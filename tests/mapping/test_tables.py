"""Tables of a clerk's own: what the engine does with them, and what is said of broken ones."""

from collections.abc import Callable
from pathlib import Path

import pytest

from xinqiao.errors import SettingsError
from xinqiao.mapping.engine import CompiledFormat
from xinqiao.mapping.loading import load_table_set, parse_codes, parse_format
from xinqiao.mapping.registry import Formats

HEAD = """
platform = "demo"
kind = "note"
edition = "1"
title = "演示"
source = "测试"
status = "reference"
key_fields = ["ID"]
charset = "{charset}"
"""

KEY = """
[[field]]
code = "ID"
name = "编号"
from = "number"
type = "text"
length = 9
required = "always"
source = "测试"
status = "reference"
"""

TEXT = """
[[field]]
code = "NR"
name = "内容"
from = "text"
type = "text"
length = 6
unit = "bytes"
required = "never"
source = "测试"
status = "reference"
"""

DATE = 'type = "date"\npattern = "DD.MM.YYYY"'

CODES = """
name = "colour"
title = "颜色"
source = "测试"
status = "reference"
[[entry]]
word = "红"
wire = "1"
"""

WriteTables = Callable[..., Path]


def compiled(write: WriteTables, *fields: str, charset: str = "utf-8") -> CompiledFormat:
    folder = write(HEAD.format(charset=charset) + KEY + "".join(fields))
    return Formats((folder,)).of("demo", "note")


@pytest.mark.parametrize(("charset", "fits"), [("utf-8", 2), ("gbk", 3), ("gb18030", 3)])
def test_a_length_in_bytes_is_counted_in_the_charset_of_the_table(
    write_tables: WriteTables, charset: str, fits: int
) -> None:
    table = compiled(write_tables, TEXT, charset=charset)
    assert table.render({"number": "1", "text": "字" * fits}).values == {
        "ID": "1",
        "NR": "字" * fits,
    }
    assert table.render({"number": "1", "text": "a" * 6}).values == {"ID": "1", "NR": "a" * 6}
    for too_long in ("字" * fits + "a", "a" * 7):
        rendering = table.render({"number": "1", "text": too_long})
        assert rendering.values is None
        assert [(f.field, f.code) for f in rendering.findings] == [("text", "too_long")]
        assert "最多 6 个字节，现有 7 个字节" in rendering.findings[0].message


def test_a_character_that_the_charset_lacks_is_refused(write_tables: WriteTables) -> None:
    rendering = compiled(write_tables, TEXT, charset="gbk").render({"number": "1", "text": "a𠮷"})
    assert [(f.field, f.code) for f in rendering.findings] == [("text", "special_characters")]
    assert "第 2 个字符（U+20BB7）" in rendering.findings[0].message


def test_a_constant_is_sent_for_every_record(write_tables: WriteTables) -> None:
    field = TEXT.replace('from = "text"', 'constant = "甲"')
    assert compiled(write_tables, field).render({"number": "1"}).values == {"ID": "1", "NR": "甲"}


@pytest.mark.parametrize(
    ("content", "sends"),
    [
        ({"a": "x", "b": "y"}, False),
        ({"a": "x"}, True),
        ({"b": "y"}, True),
        ({"a": "z", "b": "y"}, True),
    ],
)
def test_several_rows_of_a_condition_hold_together(
    write_tables: WriteTables, content: dict[str, str], sends: bool
) -> None:
    field = TEXT.replace('"never"', '"when"') + (
        '[[field.required_when]]\nfield = "a"\nin = ["x"]\n'
        '[[field.required_when]]\nfield = "b"\nfilled = true\n'
    )
    rendering = compiled(write_tables, field).render({"number": "1", **content})
    assert (rendering.values is not None) is sends


def test_a_condition_can_ask_for_a_blank_field(write_tables: WriteTables) -> None:
    field = TEXT.replace('"never"', '"when"')
    field += '[[field.required_when]]\nfield = "a"\nfilled = false\n'
    table = compiled(write_tables, field)
    assert table.render({"number": "1", "a": "x"}).values is not None
    rendering = table.render({"number": "1"})
    assert [finding.message for finding in rendering.findings] == [
        "“内容”（NR）在“a”未填时必填，请补填"
    ]


def test_blank_is_stronger_than_required(write_tables: WriteTables) -> None:
    field = TEXT.replace('"never"', '"always"')
    field += '[[field.blank_when]]\nfield = "a"\nin = ["x"]\n'
    rendering = compiled(write_tables, field).render({"number": "1", "a": "x", "text": "字"})
    assert rendering.values == {"ID": "1", "NR": ""}


def test_a_date_that_is_not_required_may_be_blank(write_tables: WriteTables) -> None:
    field = TEXT.replace('type = "text"\nlength = 6\nunit = "bytes"', DATE)
    table = compiled(write_tables, field)
    assert table.render({"number": "1"}).values == {"ID": "1", "NR": ""}
    assert table.render({"number": "1", "text": "2099-12-31"}).values == {
        "ID": "1",
        "NR": "31.12.2099",
    }


@pytest.mark.parametrize("pattern", ["YYYY/MM", "YYYY/MM/DD/DD", "yyyy-mm-dd"])
def test_a_date_pattern_needs_year_month_and_day_once(
    write_tables: WriteTables, pattern: str
) -> None:
    field = TEXT.replace('type = "text"\nlength = 6\nunit = "bytes"', DATE)
    with pytest.raises(SettingsError, match="应各出现一次"):
        compiled(write_tables, field.replace("DD.MM.YYYY", pattern))


def test_codes_that_pydantic_uses_itself_are_free_for_the_platform(
    write_tables: WriteTables,
) -> None:
    table = compiled(write_tables, TEXT.replace('"NR"', '"model_config"'))
    assert table.render({"number": "1"}).values == {"ID": "1", "model_config": ""}


BROKEN = [
    ('type = "date"\npattern = "YYYY/MM/DD"\n{}', ["日期字段不填 length"]),
    ('unit = "words"\n{}', ["unit", "之一"]),
    ("lenght = 5\n{}", ["lenght", "是否应为 length"]),
    ("zzzzzz = 5\n{}", ["zzzzzz", "可用的键", "required_when"]),
    ('length = "5"\n{}', ["length", "应为整数", "第 2 项（NR）"]),
    ("length = 0\n{}", ["length", "应大于 0"]),
    ('type = "number"\n{}', ["type", "'text'", "之一"]),
    ('required = "when"\n{}', ["required_when", "必须同时填写"]),
    ('constant = "x"\n{}', ["from 与 constant", "只能填写一项"]),
    ('pattern = "YYYY/MM/DD"\n{}', ["pattern", "必须同时填写"]),
    ('codes = "colour"\n{}', ["codes（代码表名）", "必须同时填写"]),
    ('type = "year"\nlength = 2\n{}', ["year", "length 应为 4"]),
    ('code = "ID"\n{}', ["第 22 行：字段代码 ID 重复"]),
    ('code = "1 2"\n{}', ["code", "写法不对"]),
    ("name = 5\n{}", ["name", "应为文字"]),
    ('{}[[field.blank_when]]\nfield = "a"\n', ["blank_when", "in、any、contains 与 filled"]),
    ('{}[[field.blank_when]]\nfield = "a"\nfiled = true\n', ["filed", "是否应为 filled"]),
    ('{}[[field.blank_when]]\nfield = "a"\nfilled = 1\n', ["filled", "true 或 false"]),
]


def spoil(change: str) -> str:
    """Return a table whose field NR has ``change`` put before or after its rows."""
    replaced = [line.split(" = ")[0] for line in change.splitlines() if " = " in line]
    kept = [line for line in TEXT.strip().splitlines()[1:] if line.split(" = ")[0] not in replaced]
    body = change.replace("{}", "\n".join(kept) + "\n")
    if change.startswith("{}"):
        body = change.replace("{}", "\n".join(TEXT.strip().splitlines()[1:]) + "\n")
    return HEAD.format(charset="utf-8") + KEY + "\n[[field]]\n" + body


@pytest.mark.parametrize(("change", "expected"), BROKEN)
def test_a_broken_table_is_told_by_file_key_and_what_was_expected(
    change: str, expected: list[str]
) -> None:
    with pytest.raises(SettingsError) as caught:
        parse_format(spoil(change).encode(), "formats/demo/note-1.toml")
    for words in ("报送格式表 formats/demo/note-1.toml", *expected):
        assert words in caught.value.message


def test_the_table_that_the_broken_ones_come_from_is_sound() -> None:
    assert len(parse_format(spoil("{}").encode(), "x").fields) == 2


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ('platform = "demo"', 'platfrom = "demo"', "platfrom，是否应为 platform"),
        ('platform = "demo"', 'platfrom = "demo"', "platform：缺少这一项"),
        ('key_fields = ["ID"]', 'key_fields = ["NO"]', "key_fields 所指的字段 NO 不在本表中"),
        ('status = "reference"\nkey', 'status = "confirmed"\nkey', "尚有字段未经确认"),
        ('status = "reference"\nkey', 'status = "maybe"\nkey', "status："),
        (
            'charset = "utf-8"',
            'charset = "latin-1"',
            "charset：应为 'utf-8', 'gb18030' or 'gbk' 之一",
        ),
        ('title = "演示"', 'title = " "', "title：不能为空"),
        ('title = "演示"', "title = 演示", "不合 TOML 写法"),
    ],
)
def test_a_broken_header_is_told_by_key_and_what_was_expected(
    old: str, new: str, expected: str
) -> None:
    table = (HEAD.format(charset="utf-8") + KEY).replace(old, new)
    with pytest.raises(SettingsError, match=r"formats/demo/note-1\.toml") as caught:
        parse_format(table.encode(), "formats/demo/note-1.toml")
    assert expected in caught.value.message


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("wire =", "wier =", "entry 第 1 项（红） 的 wire：缺少这一项"),
        ("wire =", "wier =", "不认识的键 wier，是否应为 wire"),
        ("[[entry]]", '[[entry]]\nword = "红"\nwire = "2"\n[[entry]]', "本地用词重复：红"),
        ("title", "detail", "不认识的键 detail"),
    ],
)
def test_a_broken_code_table_is_told_by_key_and_what_was_expected(
    old: str, new: str, expected: str
) -> None:
    with pytest.raises(SettingsError, match=r"代码表 codes/colour\.toml") as caught:
        parse_codes(CODES.replace(old, new).encode(), "codes/colour.toml")
    assert expected in caught.value.message


def test_a_table_that_is_not_utf8_is_told() -> None:
    with pytest.raises(SettingsError, match="不是 UTF-8 编码"):
        parse_format("标题".encode("gbk"), "formats/demo/note-1.toml")


def test_a_missing_code_table_is_told_with_the_field_that_wants_it(
    write_tables: WriteTables,
) -> None:
    field = TEXT.replace('"text"\nlength', '"code"\ncodes = "colour"\nlength')
    folder = write_tables(HEAD.format(charset="utf-8") + KEY + field)
    with pytest.raises(SettingsError, match=r"NR 所用的代码表 codes/colour\.toml 不存在"):
        load_table_set("demo", "note", (folder,))


def test_a_table_in_the_wrong_place_is_told(write_tables: WriteTables) -> None:
    folder = write_tables(HEAD.format(charset="utf-8") + KEY, "formats/demo/note-2.toml")
    with pytest.raises(SettingsError, match=r"note-2\.toml 的表头与文件名不符"):
        load_table_set("demo", "note", (folder,))


CONFIRMED = KEY.replace('"reference"', '"confirmed"')


@pytest.mark.parametrize(
    ("field", "unconfirmed"),
    [
        (CONFIRMED, ["code", "length", "required"]),
        (CONFIRMED.replace('from = "number"', 'constant = "甲"'), ["code", "required", "codes"]),
        (
            CONFIRMED.replace('"text"', '"code"\ncodes = "colour"'),
            ["code", "length", "required", "position", "codes"],
        ),
    ],
    ids=["text", "constant", "code"],
)
def test_a_field_of_which_no_text_tells_anything_is_not_called_confirmed(
    field: str, unconfirmed: list[str]
) -> None:
    text = HEAD.format(charset="utf-8") + field
    for doubted in unconfirmed:
        some = [one for one in unconfirmed if one != doubted]
        if doubted in {"code", "required", "codes"}:
            assert parse_format(f"{text}unconfirmed = {some}\n".encode(), "表.toml")
    with pytest.raises(SettingsError, match=r"表\.toml 有误。第 \d+ 行：.*应为 \"reference\""):
        parse_format(f"{text}unconfirmed = {unconfirmed}\n".encode(), "表.toml")
