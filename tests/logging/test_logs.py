"""Log lines are JSON, private, and never hold an identity number."""

import json
import stat
from pathlib import Path

import pytest
import structlog

from xinqiao.logs import configure

NUMBER = "370323190806133086"


def written(path: Path) -> str:
    return path.read_text("utf-8")


def test_an_identity_number_is_masked_wherever_it_stands_in_an_event(tmp_path: Path) -> None:
    path = tmp_path / "xinqiao.log"
    configure("info", path)
    log = structlog.get_logger().bind(bound=NUMBER)
    event = f"event {NUMBER}"
    log.info(
        event,
        text=f"证件号码{NUMBER}",
        nested={"list": [NUMBER, {"deep": f"x {NUMBER}"}], NUMBER: 1},
        pair=(NUMBER, 1),
        error=ValueError(NUMBER),
    )
    try:
        int(f"no number: {NUMBER}")
    except ValueError:
        log.exception("failed")
    lines = [json.loads(line) for line in written(path).splitlines()]
    assert [line["level"] for line in lines] == ["info", "error"]
    assert NUMBER not in written(path)
    assert "ValueError" in lines[1]["exception"]


def test_figures_stay_figures(tmp_path: Path) -> None:
    path = tmp_path / "xinqiao.log"
    configure("info", path)
    structlog.get_logger().info("batch.sent", rows=20, seconds=0.5, ok=True, nothing=None)
    line = json.loads(written(path))
    assert (line["rows"], line["seconds"], line["ok"], line["nothing"]) == (20, 0.5, True, None)


def test_the_log_can_be_read_by_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "xinqiao.log"
    configure("info", path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_events_below_the_level_are_not_written(tmp_path: Path) -> None:
    path = tmp_path / "xinqiao.log"
    configure("warning", path)
    structlog.get_logger().info("quiet")
    structlog.get_logger().warning("loud")
    assert [json.loads(line)["event"] for line in written(path).splitlines()] == ["loud"]


def test_a_log_that_cannot_be_opened_goes_to_the_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("", "utf-8")
    configure("info", blocked / "xinqiao.log")
    structlog.get_logger().info("still.told", number=NUMBER)
    told = capsys.readouterr().err
    assert json.loads(told)["event"] == "still.told"
    assert NUMBER not in told
