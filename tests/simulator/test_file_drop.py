"""The stand-ins that take files, by what they do to a folder; they judge without the hub."""

import csv
import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from xinqiao.errors import BusyError, SettingsError
from xinqiao.simulator.faults import Fault
from xinqiao.simulator.file_drop import FileDrop
from xinqiao.simulator.file_forms import file_forms, read_form, write_csv, write_workbook
from xinqiao.simulator.plan import FaultPlan
from xinqiao.simulator.process import start
from xinqiao.simulator.stand_in import Setup
from xinqiao.simulator.upload_page import UploadPage

PLATFORM = "transport_csv_folder"
NAME = "XZXK_20261120_XQ1.csv"
FILLED = {
    "XK_XDR_MC": "沂源测试汽修厂",
    "XK_WSH": "1号",
    "XK_JDRQ": "2026/11/18",
    "XK_NR": "道路运输",
}


def content(*rows: dict[str, str], operation: str = "I") -> bytes:
    headings = file_forms(PLATFORM)["permit"].headings
    lines = [
        [str(place), operation, *((FILLED | row).get(code, "") for code in headings[2:])]
        for place, row in enumerate(rows, 1)
    ]
    return write_csv([headings, *lines])


def hand_in(folder: Path, plain: bytes, name: str = NAME, flag: str = "") -> None:
    (folder / "in" / name).write_bytes(plain)
    (folder / "in" / f"{name}.ok").write_text(flag)


def receipts(folder: Path) -> dict[str, list[list[str]]]:
    return {
        path.name: list(csv.reader(path.read_text("utf-8").splitlines()))[1:]
        for path in sorted((folder / "out").glob("[!.]*.csv"))
    }


@pytest.fixture
def stand_in(tmp_path: Path) -> Callable[..., FileDrop]:
    def make(*faults: str, accept_repeats: bool = False) -> FileDrop:
        plan = FaultPlan(Fault(name=name, call="file") for name in faults)
        return FileDrop(
            Setup(PLATFORM, where=str(tmp_path / "x"), accept_repeats=accept_repeats), plan
        )

    return make


Make = Callable[..., FileDrop]


def test_a_flagged_file_is_taken_away_and_answered_row_by_row(
    stand_in: Make, tmp_path: Path
) -> None:
    platform = stand_in()
    hand_in(tmp_path / "x", content({}, {"XK_WSH": "2号", "XK_NR": ""}))
    platform.work()
    assert [path.name for path in (tmp_path / "x/in").iterdir()] == [".xinqiao-simulator"]
    ((name, lines),) = receipts(tmp_path / "x").items()
    assert name == "XZXK_20261120_XQ1_receipt.csv"
    assert [(line[0], line[1], line[2]) for line in lines] == [
        ("1", "1号", "0000"),
        ("2", "2号", "1002"),
    ]
    assert platform.received()["effects"] == {"1号": 1}


def test_a_file_without_its_flag_is_left_alone(stand_in: Make, tmp_path: Path) -> None:
    platform = stand_in()
    (tmp_path / "x/in" / NAME).write_bytes(content({}))
    platform.work()
    assert (tmp_path / "x/in" / NAME).exists()
    assert platform.received()["calls"] == []


def test_a_file_that_is_handed_in_twice_is_taken_twice(stand_in: Make, tmp_path: Path) -> None:
    platform = stand_in(accept_repeats=True)
    for _ in range(2):
        hand_in(tmp_path / "x", content({}))
        platform.work()
    assert platform.received()["effects"] == {"1号": 2}


@pytest.mark.parametrize(
    ("plain", "name", "flag"),
    [
        (content({})[:-3], NAME, ""),
        (content({}).decode().encode("gb18030"), NAME, ""),
        (content({}), "other.csv", ""),
        (content(), NAME, ""),
        (content({}, operation="X"), NAME, ""),
        (content({}), NAME, "0" * 64),
        (b"\xef\xbb\xbf" + content({}), NAME, ""),
    ],
)
def test_a_file_that_is_not_as_agreed_is_refused_whole(
    stand_in: Make, tmp_path: Path, plain: bytes, name: str, flag: str
) -> None:
    platform = stand_in()
    hand_in(tmp_path / "x", plain, name, flag)
    platform.work()
    ((_, lines),) = receipts(tmp_path / "x").items()
    assert [line[:3] for line in lines] == [["", "", "4001"]]
    assert platform.received()["effects"] == {}


def test_a_checksum_in_the_flag_is_held_to(stand_in: Make, tmp_path: Path) -> None:
    platform = stand_in()
    hand_in(tmp_path / "x", content({}), flag=hashlib.sha256(content({})).hexdigest())
    platform.work()
    assert platform.received()["effects"] == {"1号": 1}


def test_receipts_that_contradict_each_other_are_of_one_age(stand_in: Make, tmp_path: Path) -> None:
    platform = stand_in("receipt_contradictory")
    hand_in(tmp_path / "x", content({}))
    platform.work()
    assert [lines[0][2] for lines in receipts(tmp_path / "x").values()] == ["0000", "1003"]
    assert len({path.stat().st_mtime_ns for path in (tmp_path / "x/out").glob("*.csv")}) == 1


def test_an_ignored_file_stays_for_ever(stand_in: Make, tmp_path: Path) -> None:
    platform = stand_in("file_ignored")
    hand_in(tmp_path / "x", content({}))
    platform.work()
    platform.work()
    assert (tmp_path / "x/in" / NAME).exists()
    assert len(platform.received()["calls"]) == 1


def test_a_folder_that_is_not_a_stand_ins_is_never_cleared(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in/real.csv").write_text("real")
    for make, name in ((FileDrop, PLATFORM), (UploadPage, "credit_template_2018")):
        with pytest.raises(SettingsError, match="不是模拟平台的文件夹"):
            make(Setup(name, where=str(tmp_path)), FaultPlan())
        with pytest.raises(SettingsError, match="--where"):
            make(Setup(name), FaultPlan())
    assert (tmp_path / "in/real.csv").read_text() == "real"
    with pytest.raises(BusyError, match="不是模拟平台的文件夹"):
        start(PLATFORM, where=str(tmp_path))


def test_a_reset_forgets_files_and_effects(tmp_path: Path) -> None:
    with start(PLATFORM, where=str(tmp_path / "x"), receipt_delay=60) as process:
        (tmp_path / "x/in" / NAME).write_bytes(content({}))
        process.reset()
        assert not (tmp_path / "x/in" / NAME).exists()
        assert process.received()["calls"] == []


def test_a_template_of_another_kind_is_refused_on_the_page(tmp_path: Path) -> None:
    page = UploadPage(Setup("credit_template_2018", where=str(tmp_path / "x")), FaultPlan())
    path = tmp_path / "x/uploads/insert/行政许可_20261120_XQ1.xlsx"
    path.write_bytes(write_workbook("Sheet1", [["a"]]))
    page.work()
    assert (tmp_path / "x/results" / f"{path.name}_result.xlsx").exists()
    assert [call["code"] for call in page.received()["calls"]] == ["4001"]
    form = file_forms("credit_template_2018")["permit"]
    good = write_workbook("双公示", [form.headings, ["值"] * len(form.headings)])
    assert len(read_form(form, good)) == 1
