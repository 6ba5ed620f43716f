"""The demo tells the whole story, twice if asked, and leaves earlier ones alone."""

import json
import re
import subprocess
import sys
from datetime import date, timedelta
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from python_calamine import CalamineWorkbook

from tests.intake.tables import read_only_table
from xinqiao.commands.demo import demo
from xinqiao.demo.dates import MADE_ON, bring_up_to_date
from xinqiao.demo.files import FILES
from xinqiao.demo.story import new_folder
from xinqiao.simulator.process import SimulatorProcess

REPORTED = {
    "credit_shandong": {"permit": 52, "penalty": 18, "commitment": 8},
    "transport_credit": {
        "operator": 11,
        "quality_assessment": 9,
        "driver_assessment": 11,
        "commitment": 8,
    },
    "safety_credit": {"operator": 11, "safety_info": 8},
    "county_site": {"permit": 36, "penalty": 12},
}
REFUSED = {"credit_shandong": 4, "transport_credit": 1, "safety_credit": 1, "county_site": 0}
INVALID = {
    "permit": 4,
    "penalty": 3,
    "operator": 2,
    "quality_assessment": 1,
    "driver_assessment": 1,
    "safety_info": 2,
    "commitment": 2,
}


def run_demo(folder: Path) -> dict[str, Any]:
    command = [sys.executable, "-m", "xinqiao", "demo", str(folder), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=90)
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    assert told["as_scripted"]
    platforms = told["platforms"]
    assert {name: one["reported"] for name, one in platforms.items()} == REPORTED
    assert {name: one["refused"] for name, one in platforms.items()} == REFUSED
    assert {(one["lost"], one["doubled"]) for one in platforms.values()} == {(0, 0)}
    assert told["imported"]["penalty"]["not_routed"] == 2
    assert {kind: one["invalid"] for kind, one in told["imported"].items()} == INVALID
    assert platforms["credit_shandong"]["reconciled"]["matched"] == 76
    assert told["doubts"] > 0
    assert told["published"] == sum(REPORTED["county_site"].values())
    assert told["identity_numbers"] == 0
    assert told["audit"]["ok"]
    return told


@pytest.mark.parametrize(
    "today",
    [date(2026, 11, 20), date(2027, 1, 1), date(2027, 2, 28), date(2028, 2, 29), date(2028, 4, 10)],
    ids=str,
)
def test_the_files_of_any_day_hold_the_same_errors(tmp_path: Path, today: date) -> None:
    for file in FILES:
        path = tmp_path / file.name
        file.write(path, today)
        table = read_only_table(path, kind=None, today=today)
        drafts = list(table.drafts())
        assert sum(not draft.valid for draft in drafts) == INVALID[table.kind], file.name


def content(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_demo_ends_as_scripted_and_a_second_one_leaves_the_first_alone(tmp_path: Path) -> None:
    first = run_demo(tmp_path / "demo")
    before = content(tmp_path / "demo")
    second = run_demo(tmp_path / "demo")
    assert first["workspace"] == str(tmp_path / "demo")
    assert second["workspace"] == str(tmp_path / "demo-2")
    assert content(tmp_path / "demo") == before


def test_an_earlier_demo_is_never_touched(tmp_path: Path) -> None:
    wanted = tmp_path / "demo"
    assert new_folder(wanted) == wanted
    wanted.mkdir()
    assert new_folder(wanted) == tmp_path / "demo-2"


@pytest.mark.parametrize("later", [0, 3, 40, 400])
def test_the_example_is_brought_up_to_date_on_the_same_weekdays(tmp_path: Path, later: int) -> None:
    today = MADE_ON + timedelta(days=later)
    target = tmp_path / "permits.xlsx"
    with resources.as_file(resources.files("xinqiao.demo") / "permits.xlsx") as source:
        bring_up_to_date(source, target, today)
        before = list(read_only_table(source, kind=None, today=MADE_ON).drafts())
    after = list(read_only_table(target, kind=None, today=today).drafts())
    assert len(before) == len(after)
    moved = [
        (date.fromisoformat(old.content["decision_date"]), date.fromisoformat(new_day))
        for old, new in zip(before, after, strict=True)
        if old.valid and (new_day := new.content["decision_date"])
    ]
    assert {(new - old).days for old, new in moved} == {later // 7 * 7}
    assert [draft.valid for draft in before] == [draft.valid for draft in after]
    long_term = {draft.content.get("valid_until") for draft in after}
    assert "2099-12-31" in long_term


def cells(path: Path) -> list[object]:
    sheet = CalamineWorkbook.from_path(path).get_sheet_by_index(0)
    return [cell for row in sheet.to_python() for cell in row]


def test_every_date_keeps_its_spelling_and_everything_else_stays_as_it_is(tmp_path: Path) -> None:
    target = tmp_path / "permits.xlsx"
    with resources.as_file(resources.files("xinqiao.demo") / "permits.xlsx") as source:
        bring_up_to_date(source, target, MADE_ON + timedelta(weeks=5))
        before, after = cells(source), cells(target)
    moved = [(old, new) for old, new in zip(before, after, strict=True) if old != new]
    assert {type(old) for old, _ in moved} == {date, str}
    assert all(type(old) is type(new) for old, new in moved)
    texts = [(old, new) for old, new in moved if isinstance(old, str) and isinstance(new, str)]
    shapes = {re.sub(r"\d+", "9", old) for old, _ in texts}
    assert shapes == {"9/9/9", "9-9-9", "9.9.9", "9年9月9日", "9"}
    assert all(re.sub(r"\d+", "9", old) == re.sub(r"\d+", "9", new) for old, new in texts)


def test_a_row_that_the_platform_never_got_is_counted_as_lost_and_ends_the_demo_badly(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = SimulatorProcess.received
    gone: list[str] = []

    def without_one(simulator: SimulatorProcess) -> dict[str, Any]:
        """Answer as a stand-in would to which one accepted permit had never come."""
        received = whole(simulator)
        number = next((one for one in received["effects"] if "许" in one), None)
        if number is not None and not gone:
            gone.append(number)
            del received["effects"][number]
        return received

    monkeypatch.setattr(SimulatorProcess, "received", without_one)
    shown = CliRunner().invoke(demo, [str(tmp_path / "demo"), "--json"])
    told = json.loads(shown.stdout)
    assert gone
    assert sorted(one["lost"] for one in told["platforms"].values()) == [0, 0, 0, 1]
    assert (shown.exit_code, told["as_scripted"]) == (3, False)
