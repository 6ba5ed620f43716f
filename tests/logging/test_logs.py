"""Logging: one JSON line per event, and never an identity number in it."""

import json
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
import structlog

from xinqiao import logs
from xinqiao.privacy.masking import MASK

NUMBER = "370323190501010018"
OLD_NUMBER = "370323050101001"


@dataclass(frozen=True)
class Person:
    number: str


def written(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "xinqiao.log"
    logs.configure("debug", path)
    return path


def test_an_event_is_one_line_of_json_with_level_and_utc_time(file: Path) -> None:
    structlog.get_logger().info("batch.sent", platform="信用·山东", rows=3, ok=True, seconds=0.5)
    (event,) = written(file)
    assert event.pop("timestamp").endswith("Z")
    assert event == {
        "event": "batch.sent",
        "level": "info",
        "platform": "信用·山东",
        "rows": 3,
        "ok": True,
        "seconds": 0.5,
    }
    assert "信用·山东" in file.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "value",
    [
        NUMBER,
        OLD_NUMBER,
        f"身份证{NUMBER}无效",
        int(NUMBER),
        int(OLD_NUMBER),
        float(NUMBER),
        float(OLD_NUMBER),
        [NUMBER],
        (1, (NUMBER,)),
        {NUMBER},
        frozenset({int(NUMBER)}),
        {"a": {"b": [{"c": f"，{NUMBER}。"}]}},
        {NUMBER: 1},
        {int(NUMBER): 1},
        MappingProxyType({"a": NUMBER}),
        Person(NUMBER),
        [Person(NUMBER)],
        NUMBER.encode(),
        ValueError(NUMBER),
        Path(f"/import/{NUMBER}.xlsx"),
    ],
    ids=repr,
)
def test_an_identity_number_in_any_value_is_masked(file: Path, value: object) -> None:
    structlog.get_logger().info("event", value=value)
    text = file.read_text(encoding="utf-8")
    assert NUMBER[:14] not in text
    assert OLD_NUMBER not in text
    assert MASK in json.dumps(written(file), ensure_ascii=False)


def test_an_identity_number_in_the_event_itself_is_masked(file: Path) -> None:
    log = structlog.get_logger()
    event = f"row {NUMBER} refused"
    log.info(event)
    log.info("row %s refused", NUMBER)
    assert [one["event"] for one in written(file)] == [f"row {MASK} refused"] * 2


def test_an_identity_number_in_a_key_is_masked(file: Path) -> None:
    structlog.get_logger().info("event", **{NUMBER: 1})
    assert written(file)[0][MASK] == 1


def test_an_identity_number_in_bound_values_and_context_is_masked(file: Path) -> None:
    structlog.contextvars.bind_contextvars(subject=NUMBER)
    structlog.get_logger().bind(holder=[NUMBER]).warning("event")
    (event,) = written(file)
    assert (event["subject"], event["holder"]) == (MASK, [MASK])


def _read_a_bad_row() -> None:
    raise KeyError(NUMBER) from ValueError(f"certificate {NUMBER}")


def test_an_identity_number_in_an_exception_and_its_cause_is_masked(file: Path) -> None:
    try:
        _read_a_bad_row()
    except KeyError:
        structlog.get_logger().exception("import.failed")
    (event,) = written(file)
    assert f"certificate {MASK}" in event["exception"]
    assert f"KeyError: '{MASK}'" in event["exception"]
    assert NUMBER not in file.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "value",
    [None, True, 0, -1.5, 3.25, float("inf"), 13853300000, "91370323MAN780RD7T", [1, None, "a"]],
)
def test_other_values_are_written_as_they_are(file: Path, value: object) -> None:
    structlog.get_logger().info("event", value=value)
    assert written(file)[0]["value"] == value


def test_events_below_the_level_are_left_out(tmp_path: Path) -> None:
    file = tmp_path / "xinqiao.log"
    logs.configure("warning", file)
    log = structlog.get_logger()
    log.info("quiet")
    log.error("loud")
    assert [event["event"] for event in written(file)] == ["loud"]


def test_the_log_is_readable_by_its_owner_only(file: Path) -> None:
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_second_start_appends(file: Path) -> None:
    structlog.get_logger().info("first")
    logs.configure("info", file)
    structlog.get_logger().info("second")
    assert [event["event"] for event in written(file)] == ["first", "second"]


def test_another_log_takes_over_and_the_first_is_given_up(file: Path, tmp_path: Path) -> None:
    """Warnings are errors here, so a file left open would fail the run."""
    log = structlog.get_logger()
    log.info("first")
    logs.configure("info", tmp_path / "other.log")
    log.info("second")
    assert [event["event"] for event in written(file)] == ["first"]
    assert [event["event"] for event in written(tmp_path / "other.log")] == ["second"]


def test_bytes_that_are_no_text_do_not_stop_an_event(file: Path) -> None:
    name = b"\xd0\xed\xbf\xc9.xlsx".decode(errors="surrogateescape")
    structlog.get_logger().info("import.started", file=name)
    assert written(file)[0]["file"] == name


@pytest.mark.parametrize("place", ["file/xinqiao.log", "missing/xinqiao.log", "folder"])
def test_a_log_that_cannot_be_written_goes_to_standard_error(
    tmp_path: Path, place: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The places fail for every user, also for root: below a file, in no folder, a folder."""
    (tmp_path / "file").touch()
    (tmp_path / "folder").mkdir()
    logs.configure("info", tmp_path / place)
    structlog.get_logger().info("event", subject=NUMBER)
    shown: Mapping[str, Any] = json.loads(capsys.readouterr().err)
    assert (shown["event"], shown["subject"]) == ("event", MASK)


def test_without_a_file_events_go_to_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("info")
    structlog.get_logger().info("event")
    captured = capsys.readouterr()
    assert json.loads(captured.err)["event"] == "event"
    assert captured.out == ""
