"""What stands in ``docs/`` is what the tables give now."""

from pathlib import Path

import pytest

from xinqiao.documents.__main__ import main
from xinqiao.documents.format_pages import format_pages
from xinqiao.documents.markdown import cell
from xinqiao.documents.pages import pages
from xinqiao.mapping.registry import formats
from xinqiao.records.kinds import KINDS, reported_kinds
from xinqiao.routing.routes import routes_of
from xinqiao.routing.rules import rules

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize("name", pages())
def test_the_page_in_the_folder_is_made_from_the_tables_of_today(name: str) -> None:
    assert (DOCS / name).read_text("utf-8") == pages()[name], "run `make docs`"


def test_no_page_stands_there_that_no_table_gives() -> None:
    made = {name for name in pages() if name.startswith("formats/")}
    assert {f"formats/{path.name}" for path in (DOCS / "formats").iterdir()} == made


def test_every_field_of_every_format_has_its_row() -> None:
    for table in formats():
        page = format_pages()[f"formats/{table.platform}.md"]
        for number, field in enumerate(table.fields, start=1):
            assert f"| {number} | `{field.code}` | {cell(field.name)} |" in page


def test_the_index_counts_the_fields_of_every_kind_and_platform() -> None:
    index = format_pages()["formats/README.md"]
    for table in formats():
        confirmed = sum(field.status.value == "confirmed" for field in table.fields)
        counted = f"[{len(table.fields)}]({table.platform}.md) / {confirmed} / "
        assert f"{counted}{len(table.fields) - confirmed} |" in index


def test_the_rules_name_every_duty_route_and_kind() -> None:
    page = pages()["rules.md"]
    for one in rules().values():
        assert f"| {one.id} | {cell(one.title)} |" in page
    for kind in reported_kinds():
        for row in routes_of(kind.identifier):
            words = {"on": "默认报送", "off": "默认不报送", "never": "不报送"}[row.default.value]
            told = f"{words} {row.default.value}"
            assert f"| `{kind.identifier}` | `{row.platform}` | {told} |" in page
    assert all(f"| `{kind}` |" in page for kind in KINDS)
    assert "联合奖惩案例" in page


@pytest.mark.parametrize("name", pages())
def test_every_heading_and_column_is_chinese_first(name: str) -> None:
    lines = pages()[name].splitlines()
    headings = [line.lstrip("# ") for line in lines if line.startswith("#")]
    # below "## " of a code table stands its identifier, which a format names
    titles = [text for text in headings if name != "formats/codes.md" or " " in text]
    tables = [lines[place - 1] for place, line in enumerate(lines) if line.startswith("|---")]
    columns = [text for line in tables for text in line.strip("| ").split(" | ")]
    assert titles
    assert columns
    assert [text for text in (*titles, *columns) if text[0].isascii()] == []


def test_no_status_is_told_in_english_alone() -> None:
    for name, page in pages().items():
        cells = {text.strip() for line in page.splitlines() for text in line.split(" | ")}
        english = {"confirmed", "reference", "yes", "no", "always", "on", "off", "never"}
        assert cells & english == set(), name


def test_writing_replaces_what_changed_and_removes_what_is_gone(tmp_path: Path) -> None:
    (tmp_path / "formats").mkdir()
    (tmp_path / "formats" / "gone.md").write_text("old", "utf-8")
    (tmp_path / "rules.md").write_text("old", "utf-8")
    (tmp_path / "other.md").write_text("kept", "utf-8")
    main(tmp_path)
    written = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.md")}
    assert written == {*pages(), "other.md"}
    assert (tmp_path / "rules.md").read_text("utf-8") == pages()["rules.md"]


@pytest.mark.parametrize(("text", "shown"), [("a|b", "a\\|b"), ("a\n b", "a b"), (3, "3")])
def test_no_text_breaks_a_table(text: object, shown: str) -> None:
    assert cell(text) == shown
