"""The demo tells the whole story, twice if asked, and leaves earlier ones alone."""

import json
import subprocess
import sys
from datetime import date, timedelta
from importlib import resources
from pathlib import Path

import pytest

from xinqiao.demo.dates import MADE_ON, bring_up_to_date
from xinqiao.demo.story import new_folder
from xinqiao.intake.reading import read_table


def test_the_demo_ends_as_scripted(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "xinqiao", "demo", str(tmp_path / "demo"), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=90)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["as_scripted"]
    assert (told["lost"], told["doubled"]) == (0, 0)
    assert told["states"]["accepted"] == 52
    assert told["states"]["rejected"] == 3
    assert told["doubts"] > 0
    assert told["audit"]["ok"]


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
        before = list(read_table(source, kind=None, today=MADE_ON).drafts())
    after = list(read_table(target, kind=None, today=today).drafts())
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
