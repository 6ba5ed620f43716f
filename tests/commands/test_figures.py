"""``xinqiao figures`` as a person types it: numbers, formulas, and the records behind them."""

from datetime import date, timedelta
from pathlib import Path

import openpyxl
import pytest

from tests.commands.terminal import Terminal
from tests.reconcile.figures.stage import Changed, File, Owed, Told, Try, Unknown, midnight, put
from xinqiao.database.engine import Database

LATE = midnight(date(2026, 12, 20))
ON_TIME = midnight(date(2026, 11, 3))
TOLD: list[Told] = [
    Owed(department="审批科", closed_by="accepted", reported_at=ON_TIME, tries=(Try("accepted"),)),
    Owed(
        department="审批科",
        closed_by="accepted",
        reported_at=LATE,
        tries=(Try("rejected", ("rejected",)), Try("accepted", ("accepted",))),
    ),
    Owed(kind="penalty", day=date(2026, 9, 24), closed_by="accepted", reported_at=ON_TIME),
    Owed(kind="penalty", day=date(2026, 10, 30)),
    Owed(platform="transport_credit", rule="D13", legal=False),
    Changed(closed_by="accepted", reported_at=LATE),
    File(department="审批科"),
    Unknown(),
]
PERMITS = ("--platform", "credit_shandong", "--kind", "permit")


@pytest.fixture
def desk(terminal: Terminal) -> Terminal:
    """A terminal whose workspace has something to count."""
    database = Database(terminal.workspace.database_url)
    put(database, TOLD)
    database.close()
    return terminal


def test_each_number_stands_beside_formula_and_denominator(desk: Terminal) -> None:
    said = desk.run("figures", *PERMITS, "--figure", "late", "--figure", "compliance_first")
    assert (said.code, said.err) == (0, "")
    assert "迟报率（late）= 迟报的首次报送 ÷ 已入库的首次报送" in said.out
    assert "出处（参考口径，见于网页）：青海省发展改革委" in said.out
    rows = [line.split() for line in said.out.splitlines()]
    assert [row[-4:] for row in rows if "当日不计入" in row] == [["当日不计入", "1", "2", "50.00%"]]
    assert [row[-4:] for row in rows if "当日计入" in row] == [["当日计入", "1", "2", "50.00%"]]
    assert ["1", "2", "50.00%"] in [row[-3:] for row in rows]
    assert "内部时限" in said.out


def test_json_has_every_figure_with_both_ways_of_counting(desk: Terminal) -> None:
    told = desk.run("figures", "--json", *PERMITS).json
    assert (told["from"], told["to"], told["by"]) == (None, None, ["platform", "kind"])
    by_id = {one["figure"]: one for one in told["figures"]}
    late = by_id["late"]
    assert late["formula"] == "迟报的首次报送 ÷ 已入库的首次报送"
    assert late["status"] == "reference"
    assert late["numbers"] == [
        {
            "platform": "credit_shandong",
            "kind": "permit",
            "counting": counting,
            "outages": True,
            "numerator": 1,
            "denominator": 2,
            "rate": 0.5,
            "provisional": 0,
        }
        for counting in ("exclusive", "inclusive")
    ]
    (first,) = by_id["compliance_first"]["numbers"]
    assert (first["numerator"], first["denominator"], first["counting"]) == (1, 2, None)
    (final,) = by_id["compliance_final"]["numbers"]
    assert final["rate"] == 1.0
    assert by_id["repeated_in_files"]["numbers"] == []
    assert told["notes"]


def test_a_zero_denominator_is_a_dash_and_null(desk: Terminal) -> None:
    words = ("figures", "--figure", "on_time", "--month", "2026-10")
    told = desk.run(*words, "--json").json["figures"][0]["numbers"]
    assert [one["rate"] for one in told] == [None, None]
    assert [one["denominator"] for one in told] == [0, 0]
    rows = [line.split() for line in desk.run(*words).out.splitlines()]
    assert ["0", "0", "—"] in [row[-3:] for row in rows]


def test_internal_limits_are_in_no_figure_about_time(desk: Terminal) -> None:
    told = desk.run("figures", "--json", "--by", "platform").json["figures"]
    for one in told:
        if one["timed"] or one["figure"] == "missing":
            assert "transport_credit" not in {line["platform"] for line in one["numbers"]}


def test_decisions_never_imported_are_missing_and_stand_by_themselves(desk: Terminal) -> None:
    words = ("--figure", "missing", "--by", "platform")
    told = desk.run("figures", *words, "--json").json["figures"][0]["numbers"]
    assert {one["platform"]: (one["numerator"], one["denominator"]) for one in told} == {
        "credit_shandong": (1, 4),
        "source": (1, 1),
    }
    assert "案件系统（没有导入）" in desk.run("figures", *words).out
    assert desk.run("figures", *words, "--platform", "source").code == 0


@pytest.mark.parametrize(
    ("by", "groups"),
    [
        ("none", [{}]),
        ("month", [{"month": "2026-09"}, {"month": "2026-11"}]),
        ("kind，department", [
            {"kind": "penalty", "department": ""},
            {"kind": "permit", "department": "审批科"},
        ]),
    ],
)  # fmt: skip
def test_numbers_are_told_apart_as_asked(
    desk: Terminal, by: str, groups: list[dict[str, str]]
) -> None:
    words = ("figures", "--figure", "on_time", "--by", by, "--json")
    told = desk.run(*words).json["figures"][0]["numbers"]
    found = [
        {name: one[name] for name in ("kind", "department", "month") if name in one}
        for one in told
        if one["counting"] == "exclusive" and one["denominator"]
    ]
    assert found == groups


def test_a_month_and_a_span_choose_by_the_day_of_the_decision(desk: Terminal) -> None:
    whole = desk.run("figures", "--figure", "missing", "--by", "none", "--json").json
    month = desk.run(
        "figures", "--figure", "missing", "--by", "none", "--month", "2026-10", "--json"
    ).json
    span = desk.run(
        "figures",
        *("--figure", "missing", "--by", "none", "--from", "2026-10-01", "--to", "2026-10-31"),
        "--json",
    ).json
    assert month["figures"] == span["figures"]
    (number,) = month["figures"][0]["numbers"]
    assert (number["numerator"], number["denominator"]) == (1, 1)
    assert whole["figures"][0]["numbers"][0]["denominator"] == 5


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--month", "2026-13"), "应为月份，如 2026-09"),
        (("--month", "2026-09", "--from", "2026-09-01"), "只用一种"),
        (("--figure", "ontime"), "on_time（及时率）"),
        (("--kind", "permits"), "permit"),
        (("--by", "colour"), "platform、kind、department、month"),
        (("--by", "kind,kind"), "platform、kind、department、month"),
        (("--kind", "permit", "records", "--figure", "late"), "选项写在 records 之后"),
    ],
)
def test_wrong_usage_says_what_to_write(desk: Terminal, words: tuple[str, ...], told: str) -> None:
    said = desk.run("figures", *words)
    assert (said.code, told in said.err) == (2, True), said.err


def test_a_platform_that_the_workspace_has_not_is_told(desk: Terminal) -> None:
    said = desk.run("figures", "--platform", "credit_shanxi")
    assert said.code == 1
    assert "credit_shandong" in said.err


def test_an_empty_workspace_has_no_numbers_and_says_so(terminal: Terminal) -> None:
    said = terminal.run("figures")
    assert said.code == 0
    assert said.out.count("范围内没有可统计的") == len(
        terminal.run("figures", "--json").json["figures"]
    )


def test_the_records_behind_a_number_are_listed(desk: Terminal) -> None:
    words = ("figures", "records", "--figure", "late", *PERMITS)
    told = desk.run(*words, "--json").json
    assert (told["figure"], told["part"], told["counting"]) == ("late", "numerator", "exclusive")
    (one,) = told["records"]
    assert (told["entries"], told["sum"]) == (1, 1)
    assert one == {
        "record": one["record"],
        "document_number": one["document_number"],
        "platform": "credit_shandong",
        "kind": "permit",
        "department": "审批科",
        "decided_on": "2026-11-02",
        "due_on": "2026-11-11",
        "reported_at": LATE.isoformat(),
        "state": "late",
        "count": 1,
    }
    assert one["document_number"].startswith("云交许〔2026〕")
    said = desk.run(*words)
    assert said.code == 0
    assert one["record"] in said.out
    assert "迟报率：迟报（当日不计入）" in said.out
    assert "2026-12-20 00:00" in said.out
    assert "共 1 条。" in said.out


def test_a_list_is_counted_by_the_way_that_is_asked_for(desk: Terminal) -> None:
    words = ("figures", "records", "--figure", "late", *PERMITS, "--json")
    due = {
        counting: desk.run(*words, "--counting", counting).json["records"][0]["due_on"]
        for counting in ("exclusive", "inclusive")
    }
    assert due == {"exclusive": "2026-11-11", "inclusive": "2026-11-10"}
    settings = desk.workspace.root / "xinqiao.toml"
    text = settings.read_text("utf-8")
    assert 'counting = "exclusive"' in text
    settings.write_text(text.replace('counting = "exclusive"', 'counting = "inclusive"'), "utf-8")
    assert desk.run(*words).json["counting"] == "inclusive"


def test_a_list_about_answers_says_what_the_platform_said(desk: Terminal) -> None:
    words = ("figures", "records", "--figure", "compliance_final", "--part", "denominator")
    told = desk.run(*words, "--json").json
    assert [one["state"] for one in told["records"]] == ["stored", "stored_after_correction"]
    assert told["counting"] is None


def test_rows_of_files_add_up_though_no_record_stands_behind_them(desk: Terminal) -> None:
    words = ("figures", "records", "--figure", "repeated_in_files", "--part", "denominator")
    told = desk.run(*words, "--json").json
    assert (told["entries"], told["sum"]) == (1, 10)
    assert told["records"][0]["document_number"] == "许可.xlsx"
    assert "共 1 条，数量合计 10" in desk.run(*words).out


@pytest.mark.parametrize("name", ["迟报.csv", "迟报.xlsx"])
def test_a_list_is_written_whole_and_not_over_another_file(
    desk: Terminal, tmp_path: Path, name: str
) -> None:
    target = tmp_path / name
    words = ("figures", "records", "--figure", "on_time", "--part", "denominator", "-o", target)
    said = desk.run(*words)
    assert (said.code, f"已写入 {target}：3 条" in said.out) == (0, True), said.err
    if target.suffix == ".csv":
        assert len(target.read_text("utf-8-sig").splitlines()) == 4
    else:
        sheet = openpyxl.load_workbook(target).active
        assert sheet is not None
        assert sheet.max_row == 4
    again = desk.run(*words)
    assert (again.code, "--force" in again.err) == (1, True)
    forced = desk.run(*words, "--force", "--json")
    assert forced.json == {"output": str(target), "entries": 3, "sum": 3}


def test_another_form_of_file_is_refused_before_anything_is_counted(
    desk: Terminal, tmp_path: Path
) -> None:
    said = desk.run("figures", "records", "--figure", "late", "-o", tmp_path / "迟报.pdf")
    assert said.code == 1
    assert ".csv 或 .xlsx" in said.err


def test_a_long_list_is_cut_on_the_terminal_and_says_where_the_rest_is(terminal: Terminal) -> None:
    database = Database(terminal.workspace.database_url)
    put(database, [Owed(day=date(2026, 10, 30)) for _ in range(60)])
    database.close()
    words = ("figures", "records", "--figure", "concealed")
    said = terminal.run(*words)
    assert "共 60 条。" in said.out
    assert "只列了前 50 条；全部写成文件：加 -o 明细.csv" in said.out
    assert len(terminal.run(*words, "--json").json["records"]) == 60


def test_nothing_behind_a_number_is_said(desk: Terminal) -> None:
    said = desk.run("figures", "records", "--figure", "late", "--month", "2020-01")
    assert said.code == 0
    assert "范围内没有。" in said.out


def test_decisions_before_the_start_are_left_out_and_the_note_says_so(desk: Terminal) -> None:
    settings = desk.workspace.root / "xinqiao.toml"
    text = settings.read_text("utf-8")
    day = date(2026, 11, 2) + timedelta(days=1)
    settings.write_text(f"{text}\n[start.platforms]\ncredit_shandong = {day}\n", "utf-8")
    said = desk.run("figures", "--figure", "on_time")
    assert "范围内没有可统计的" in said.out
    assert f"启用日期（credit_shandong {day}）以前的决定不计入" in said.out


def test_a_span_that_ends_before_it_begins_is_told_as_everywhere(desk: Terminal) -> None:
    said = desk.run("figures", "--from", "2026-10-01", "--to", "2026-09-01")
    assert (said.code, "请核对 --from 和 --to" in said.err) == (1, True), said.err
