"""A wrong setting is answered with file, key and what was expected."""

from pathlib import Path

import pytest

from xinqiao.config.loading import parse, read_toml
from xinqiao.config.settings import Settings
from xinqiao.errors import SettingsError

PLACE = Path("xinqiao.toml")


@pytest.mark.parametrize(
    ("values", "words"),
    [
        pytest.param(
            {"delivery": {"lease_secons": 5}},
            ("delivery.lease_secons", "lease_seconds"),
            id="unknown key",
        ),
        pytest.param({"bureu": {}}, ("bureu", "bureau"), id="unknown section"),
        pytest.param({"bureau": {"name": 5}}, ("bureau.name", "文字"), id="wrong type"),
        pytest.param(
            {"deadlines": {"counting": "sometimes"}},
            ("deadlines.counting", "exclusive"),
            id="not one of the words",
        ),
        pytest.param(
            {"delivery": {"deaths_before_hold": 0}},
            ("delivery.deaths_before_hold", "1"),
            id="out of bounds",
        ),
    ],
)
def test_a_wrong_setting_names_file_key_and_expectation(
    values: dict[str, object], words: tuple[str, ...]
) -> None:
    with pytest.raises(SettingsError) as refused:
        parse(Settings, values, PLACE)
    assert all(word in refused.value.message for word in ("xinqiao.toml", *words))


def test_bad_toml_names_the_line(tmp_path: Path) -> None:
    path = tmp_path / "xinqiao.toml"
    path.write_text('[bureau]\nname = "没有结束\n', "utf-8")
    with pytest.raises(SettingsError, match="line 2"):
        read_toml(path)


def test_a_file_in_another_encoding_is_named(tmp_path: Path) -> None:
    path = tmp_path / "xinqiao.toml"
    path.write_bytes('[bureau]\nname = "交通局"\n'.encode("gb18030"))
    with pytest.raises(SettingsError, match="UTF-8"):
        read_toml(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"none\.toml"):
        read_toml(tmp_path / "none.toml")
