"""Loading settings: every message names the file, the key, and what to write instead."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from xinqiao.config.loading import parse, read_toml
from xinqiao.config.settings import Settings
from xinqiao.errors import SettingsError

SOURCE = Path("/ws/xinqiao.toml")
TEMPLATES = Path(__file__).parents[2] / "xinqiao" / "config" / "templates"


def complaint(values: dict[str, Any]) -> str:
    with pytest.raises(SettingsError) as caught:
        parse(Settings, values, SOURCE)
    return caught.value.message


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (
            {"delivery": {"lease_second": 5}},
            "不认识的设置“delivery.lease_second”，是不是想写“lease_seconds”？",
        ),
        ({"deadline": {}}, "不认识的设置“deadline”，是不是想写“deadlines”？"),
        ({"bureau": {"zzz": 1}}, "不认识的设置“bureau.zzz”，这里可以写：name、code"),
        (
            {"zzz": 1},
            "不认识的设置“zzz”，这里可以写：workspace、bureau、database、deadlines、exemptions、routes、start、review、reconcile、delivery、daemon、retention、audit、logging",
        ),
        ({"workspace": {"rehearsal": "maybe"}}, "设置“workspace.rehearsal”应为true 或 false"),
        ({"workspace": {"rehearsal": []}}, "设置“workspace.rehearsal”应为true 或 false"),
        (
            {"deadlines": {"due_soon_working_days": "two"}},
            "设置“deadlines.due_soon_working_days”应为整数",
        ),
        (
            {"deadlines": {"due_soon_working_days": 2.5}},
            "设置“deadlines.due_soon_working_days”应为整数",
        ),
        (
            {"deadlines": {"due_soon_working_days": []}},
            "设置“deadlines.due_soon_working_days”应为整数",
        ),
        ({"database": {"busy_seconds": "long"}}, "设置“database.busy_seconds”应为数字"),
        ({"database": {"busy_seconds": {}}}, "设置“database.busy_seconds”应为数字"),
        ({"database": {"busy_seconds": float("nan")}}, "设置“database.busy_seconds”应为有限的数字"),
        (
            {"delivery": {"lease_seconds": float("inf")}},
            "设置“delivery.lease_seconds”应为有限的数字",
        ),
        ({"bureau": {"name": 5}}, "设置“bureau.name”应为文字（加引号）"),
        ({"bureau": "某局"}, "设置“bureau”应为一节（写成 [名称]，下面逐行写设置）"),
        (
            {"deadlines": {"counting": "both"}},
            "设置“deadlines.counting”应为 'exclusive' 或 'inclusive'",
        ),
        ({"database": {"busy_seconds": 0}}, "设置“database.busy_seconds”应大于 0"),
        ({"database": {"busy_seconds": 601}}, "设置“database.busy_seconds”应不大于 600"),
        (
            {"deadlines": {"due_soon_working_days": -1}},
            "设置“deadlines.due_soon_working_days”应不小于 0",
        ),
        (
            {"delivery": {"lease_seconds": 1e300}},
            "设置“delivery.lease_seconds”应不大于 86400",
        ),
        (
            {"retention": {"payload_days": 179}},
            "设置“retention.payload_days”应不小于 180",
        ),
        (
            {"delivery": {"deaths_before_hold": 0}},
            "设置“delivery.deaths_before_hold”应不小于 2",
        ),
    ],
)
def test_a_wrong_setting_is_named_with_its_file_and_what_to_write(
    values: dict[str, Any], said: str
) -> None:
    assert complaint(values) == f"{SOURCE}：{said}"


def test_a_missing_setting_is_named() -> None:
    class Section(BaseModel):
        address: str

    with pytest.raises(SettingsError, match="缺少设置“address”"):
        parse(Section, {}, SOURCE)


def test_a_value_is_never_shown() -> None:
    assert "s3cret" not in complaint({"database": {"url": {"password": "s3cret"}}})
    assert "s3cret" not in complaint({"logging": {"level": "s3cret"}})


def test_an_empty_file_gives_safe_defaults() -> None:
    settings = parse(Settings, {}, SOURCE)
    assert settings == Settings()
    assert not settings.workspace.rehearsal
    assert settings.deadlines.counting == "exclusive"


@pytest.mark.parametrize("name", ["xinqiao.toml", "rehearsal.toml"])
def test_every_shipped_settings_file_is_valid(name: str) -> None:
    path = TEMPLATES / name
    settings = parse(Settings, read_toml(path), path)
    assert settings.workspace.rehearsal == (name == "rehearsal.toml")


def test_the_shipped_settings_are_the_defaults() -> None:
    path = TEMPLATES / "xinqiao.toml"
    assert parse(Settings, read_toml(path), path) == Settings()


def test_every_shipped_template_is_toml_or_plain_text() -> None:
    """So that a template added later is read here too."""
    names = {path.name for path in TEMPLATES.iterdir()}
    toml = {path.name for path in TEMPLATES.glob("*.toml") if read_toml(path)}
    # those of a platform are filled in first; what comes out is read in tests/hub
    filled_in = {"platform.txt", "platform-rehearsal.txt", "credentials.txt"}
    assert names - toml == {"sources.txt", "tables.txt", *filled_in}


def test_broken_toml_names_file_and_line(tmp_path: Path) -> None:
    path = tmp_path / "xinqiao.toml"
    path.write_text("[bureau]\nname = 示例县\n", encoding="utf-8")
    with pytest.raises(SettingsError, match="第 2 行第 8 列") as caught:
        read_toml(path)
    assert str(path) in caught.value.message


def test_a_file_in_another_encoding_says_so(tmp_path: Path) -> None:
    path = tmp_path / "xinqiao.toml"
    path.write_bytes('[bureau]\nname = "示例县交通运输局"\n'.encode("gb18030"))
    with pytest.raises(SettingsError, match="不是 UTF-8") as caught:
        read_toml(path)
    assert str(path) in caught.value.message


def test_a_byte_order_mark_is_no_fault(tmp_path: Path) -> None:
    path = tmp_path / "xinqiao.toml"
    path.write_text('name = "示例县"\n', encoding="utf-8-sig")
    assert read_toml(path) == {"name": "示例县"}


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="找不到设置文件") as caught:
        read_toml(tmp_path / "xinqiao.toml")
    assert caught.value.code == "settings_missing"
    assert str(tmp_path / "xinqiao.toml") in caught.value.message


def test_a_folder_in_place_of_the_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="无法读取") as caught:
        read_toml(tmp_path)
    assert str(tmp_path) in caught.value.message
