"""Tables on narrow terminals: numbers stay whole, and nothing is left out."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from xinqiao.commands import output
from xinqiao.commands.layout import broken, lay_out

NUMBER = "沂交许字〔2026〕1001号"
COLUMNS = ["记录", "文书号", "名称", "平台", "公示到", "说明"]
ROWS = [
    (
        "e47bb9a9",
        NUMBER,
        "沂源县示例一道路货物运输有限公司",
        "county_site",
        "2027-11-03",
        "见 YY20261118-001",
    ),
    (
        "ee34fa10",
        "沂交许字〔2026〕1002号",
        "沂源县示例二客运有限公司",
        "county_site",
        "2027-11-04",
        None,
    ),
]


def shown(
    width: int,
    monkeypatch: pytest.MonkeyPatch,
    columns: list[str],
    rows: Sequence[Sequence[object]],
) -> str:
    console = Console(width=width, highlight=False)
    monkeypatch.setattr(output, "console", console)
    with console.capture() as captured:
        output.print_table(columns, rows)
    return captured.get()


@pytest.mark.parametrize("width", [40, 60, 80, 100, 160])
def test_numbers_dates_and_identifiers_are_whole_at_every_width(
    width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = shown(width, monkeypatch, COLUMNS, ROWS)
    for whole in (NUMBER, "e47bb9a9", "county_site", "2027-11-03", "YY20261118-001"):
        assert whole in text
    together = "".join(text.split())
    for character in "沂源县示例一道路货物运输有限公司":
        assert character in together


def test_what_is_the_same_in_every_row_is_said_once_when_room_is_short(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert shown(160, monkeypatch, COLUMNS, ROWS).count("county_site") == 2
    narrow = shown(80, monkeypatch, COLUMNS, ROWS)
    assert narrow.count("county_site") == 1
    assert "各行相同：平台 county_site" in narrow
    assert all(cell_len(line) <= 80 for line in narrow.splitlines())


@pytest.mark.parametrize("width", [40, 80])
def test_a_column_that_is_empty_in_every_row_is_said_with_a_dash(
    width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [(*row[:3], "", *row[4:]) for row in ROWS]
    assert "各行相同：平台 —" in shown(width, monkeypatch, COLUMNS, rows)


def test_a_terminal_too_narrow_for_columns_gets_a_block_for_each_row(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lines = shown(40, monkeypatch, COLUMNS, ROWS).splitlines()
    assert lines[:3] == ["各行相同：平台 county_site", "e47bb9a9", f"  文书号 {NUMBER}"]


def test_a_table_without_rows_has_its_headings(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "文书号" in shown(80, monkeypatch, COLUMNS, [])


@given(
    st.lists(
        st.lists(st.text("沂源县a1〔〕 ，-\n", max_size=40), min_size=3, max_size=3), max_size=4
    ),
    st.integers(20, 120),
)
def test_a_laid_out_table_fits_and_keeps_every_character(rows: list[list[str]], width: int) -> None:
    found = lay_out(["甲", "乙", "丙"], [[Text(cell) for cell in row] for row in rows], width)
    assert sum(found.widths) + 2 * len(found.widths) <= width
    for row in found.rows:
        for cell, room in zip(row, found.widths, strict=bool(found.widths)):
            assert all(cell_len(line) <= room for line in cell.plain.split("\n"))
    dropped = {heading for heading, _ in found.constants}
    kept = [place for place, heading in enumerate("甲乙丙") if heading not in dropped]
    for given_row, laid in zip(rows, found.rows, strict=True):
        for place, cell in zip(kept, laid, strict=True):
            assert "".join(cell.plain.split()) == "".join(given_row[place].split())


def test_a_text_is_broken_between_words_and_never_inside_a_number() -> None:
    text = broken(Text("请核对 2026-11-20 的文书号"), 12)
    assert text.plain.split("\n") == ["请核对", "2026-11-20", "的文书号"]
