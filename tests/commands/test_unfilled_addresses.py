"""A new, real workspace before anybody has filled in an address: it must be of use already."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from tests.e2e import invented
from xinqiao.cli import cli
from xinqiao.config.platform_files import known_platforms
from xinqiao.errors import InputError

ALL = [one.id for one in known_platforms()]


@pytest.fixture
def bureau(tmp_path: Path) -> Path:
    root = tmp_path / "bureau"
    assert CliRunner().invoke(cli, ["init", str(root), "--yes"]).exit_code == 0
    return root


def run(root: Path, *arguments: str) -> Any:
    told = CliRunner().invoke(cli, ["-w", str(root), *arguments, "--json"])
    assert told.exit_code in (0, 3), told.output
    return json.loads(told.output)


def load(root: Path) -> None:
    path = root / "sources" / "许可.csv"
    lines = (invented.PERMITS, invented.permit(1))
    path.write_text("\n".join(",".join(line) for line in lines), "utf-8")
    (told,) = run(root, "import", str(path))["files"]
    assert (told["new"], told["unclaimed"]) == (1, 0)


def test_records_are_imported_and_their_time_limits_run(bureau: Path) -> None:
    load(bureau)
    boards = run(bureau, "status")["platforms"]
    assert list(boards) == sorted(ALL)
    waiting = {name: board["states"]["ready"] for name, board in boards.items()}
    assert waiting == {name: int(name in ("credit_shandong", "county_site")) for name in ALL}
    assert boards["county_site"]["oldest_due"] is not None


def test_a_pass_says_of_every_platform_that_its_address_is_missing(bureau: Path) -> None:
    load(bureau)
    for name, one in run(bureau, "sync")["platforms"].items():
        assert one["note"] == f"还没有填写接口地址（platforms/{name}.toml），未报送"
        assert one["delivered"] == 0


def test_one_that_is_filled_in_wrongly_keeps_no_other_from_being_told_of(bureau: Path) -> None:
    (bureau / "platforms" / "safety_credit.toml").write_text('profile = "safty"', "utf-8")
    notes = {name: one["note"] for name, one in run(bureau, "sync")["platforms"].items()}
    assert "没有名为「safty」" in notes.pop("safety_credit")
    assert all("还没有填写接口地址" in note for note in notes.values())
    assert len(notes) == len(ALL) - 1


def test_the_doctor_names_the_file_of_every_platform_to_fill_in(bureau: Path) -> None:
    remarks = {one["check"]: one for one in run(bureau, "doctor")}
    for name in ALL:
        told = remarks[f"平台 {name}"]
        assert not told["ok"]
        assert told["remark"] == f"还没有填写接口地址（platforms/{name}.toml）"


def test_a_platform_whose_file_is_taken_away_is_owed_nothing(bureau: Path) -> None:
    (bureau / "platforms" / "county_site.toml").unlink()
    load(bureau)
    assert "county_site" not in run(bureau, "status")["platforms"]
    # a later init completes the workspace, and does not bring it back
    assert CliRunner().invoke(cli, ["init", str(bureau), "--yes"]).exit_code == 0
    assert "county_site" not in run(bureau, "status")["platforms"]


def test_init_writes_the_platforms_that_are_named(tmp_path: Path) -> None:
    root = tmp_path / "one"
    told = CliRunner().invoke(
        cli, ["init", str(root), "--rehearsal", "--yes", "--platform", "county_site"]
    )
    assert told.exit_code == 0, told.output
    assert list(run(root, "status")["platforms"]) == ["county_site"]
    wrong = CliRunner().invoke(
        cli, ["init", str(tmp_path / "two"), "--yes", "--platform", "country_site"]
    )
    assert isinstance(wrong.exception, InputError)
    assert "没有随附平台“country_site”" in wrong.exception.message
    assert not (tmp_path / "two").exists()
