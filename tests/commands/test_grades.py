"""``xinqiao grades``: the table, the empty state, the JSON, and no identity number in any."""

from pathlib import Path

import pytest

from tests.commands.terminal import Terminal
from tests.imports.books import write_book
from tests.imports.rows import labelled
from tests.reconcile.test_standing import ASSESSMENT
from tests.records.whole import FIRM, IDENTITY_NUMBER, SAFETY_GRADE, SAFETY_PERSON


@pytest.fixture
def books(tmp_path: Path) -> Path:
    write_book(tmp_path / "考核.xlsx", labelled("quality_assessment", ASSESSMENT))
    low = {**SAFETY_GRADE, "grade": "C", "score": "700", "valid_from": "2026-11-01"}
    person = {**SAFETY_GRADE, **SAFETY_PERSON}
    del person["subject.unified_social_credit_code"]
    rows = (labelled("safety_grade", one) for one in (SAFETY_GRADE, low, person))
    write_book(tmp_path / "等级.xlsx", *rows)
    return tmp_path


def test_the_empty_state_says_what_to_do(terminal: Terminal) -> None:
    done = terminal.run("grades")
    assert done.code == 0
    assert "没有可对照的主体" in done.out
    assert "xinqiao import" in done.out
    assert terminal.run("grades", "--json").json == []
    assert terminal.run("grades", "--watched").out.strip() == "没有符合条件的主体。"


def test_the_table_shows_contradictions_first_and_asks_for_a_person(
    terminal: Terminal, books: Path
) -> None:
    done = terminal.run("import", books / "等级.xlsx")
    assert (done.code, "没有平台接收" in done.out, "不报送" in done.out) == (0, False, False)
    terminal.run("import", books / "考核.xlsx")
    shown = terminal.run("grades")
    assert shown.code == 3
    assert "C↓（原 B）" in shown.out
    assert shown.out.index(FIRM[:6]) < shown.out.index("溪样三")
    assert "共 2 个主体，其中待核对 1 个" in shown.out
    assert IDENTITY_NUMBER not in shown.out
    assert "只显示前 1 个" in terminal.run("grades", "--limit", "1").out
    assert terminal.run("grades", "--name", "溪样三").code == 0


def test_json_tells_the_same_without_a_number_of_a_person(terminal: Terminal, books: Path) -> None:
    for name in ("等级.xlsx", "考核.xlsx"):
        terminal.run("import", books / name)
    done = terminal.run("grades", "--json")
    assert done.code == 3
    first, second = done.json
    assert (first["name"], first["direction"], first["previous_grade"]) == (FIRM, "down", "B")
    assert [one["code"] for one in first["doubts"]] == ["low_grade"]
    assert (second["person"], second["credit_code"]) == (True, "")
    assert IDENTITY_NUMBER not in done.out


def test_a_grade_of_another_scale_is_refused(terminal: Terminal) -> None:
    done = terminal.run("grades", "--grade", "AAA")
    assert done.code == 2
    assert "AA、A、B、C、D" in done.err
