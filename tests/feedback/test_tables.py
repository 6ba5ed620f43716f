"""A table of instructions that is wrong says in which line, and keeps nothing else from working."""

from pathlib import Path

import pytest

from tests.feedback.instructed import instructions
from xinqiao.adapters.profile import SHIPPED, load_profile, shipped_profiles
from xinqiao.errors import SettingsError
from xinqiao.feedback.instructing import Refused
from xinqiao.feedback.known_codes import refusal_codes
from xinqiao.feedback.loading import own_instructions, shipped_instructions

PLATFORM = "credit_shandong"
GOOD = """source = "2026 年 11 月平台方电话答复"

[[instruction]]
code = "1003"
means = "名称与工商登记不一致"
who = "department"
instruction = "{field}请对照{original}改正"
status = "confirmed"
"""

UNREACHED = """

[[instruction]]
code = "1003"
message = "格式"
means = "格式错误"
who = "operator"
instruction = "请改正"
"""


def written(folder: Path, text: str | bytes) -> Path:
    file = folder / f"{PLATFORM}.toml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return file


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ('who = "department"', 'who = "nobody"', 6, "who"),
        ('code = "1003"\n', "", 3, "至少写一项"),
        ("{field}", "{value}", 6, "{value}"),
        ("{field}", "{field", 7, "花括号"),
        ('code = "1003"', 'code = "1003"\nmessage = "("', 5, "正则"),
        ('means = "名称与工商登记不一致"\n', "", 3, "means"),
        ('means = "', 'meaning = "x"\nmeans = "', 5, "meaning"),
        ('source = "', "source = ", None, "TOML"),
        (
            'status = "confirmed"\n',
            f"""status = "confirmed"{UNREACHED}""",
            10,
            "永远轮不到",
        ),
    ],
)
def test_what_is_wrong_is_told_with_file_and_line(
    tmp_path: Path, old: str, new: str, line: int | None, words: str
) -> None:
    assert old in GOOD
    file = written(tmp_path, GOOD.replace(old, new, 1))
    with pytest.raises(SettingsError) as caught:
        own_instructions(file)
    assert str(file) in caught.value.message
    assert words in caught.value.message
    if line is not None:
        assert any(f"第 {one} 行" in caught.value.message for one in (line, line + 1))


def test_another_encoding_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="UTF-8"):
        own_instructions(written(tmp_path, GOOD.encode("gb18030")))


def test_no_table_is_no_instruction(tmp_path: Path) -> None:
    assert own_instructions(tmp_path / "none.toml") == ()


def test_the_workspaces_own_row_goes_before_the_shipped_one(tmp_path: Path) -> None:
    written(tmp_path, GOOD)
    told = instructions({PLATFORM: PLATFORM}, tmp_path)
    advice = told.advise(Refused(PLATFORM, "permit", "1003", "格式错误：XK_XDR_MC"))
    assert advice.means == "名称与工商登记不一致"
    assert advice.text == "第1项“行政相对人名称”请对照营业执照（或登记证书）改正"
    assert advice.known is not None
    assert (advice.known.own, advice.known.row.status) == (True, "confirmed")
    # what it says nothing of is as before
    assert told.advise(Refused(PLATFORM, "permit", "1002", "必填项为空：XK_NR")).known is not None


def test_a_broken_table_leaves_the_shipped_one_in_force_and_is_told(tmp_path: Path) -> None:
    written(tmp_path, GOOD.replace("{field}", "{value}"))
    told = instructions({PLATFORM: PLATFORM}, tmp_path)
    advice = told.advise(Refused(PLATFORM, "permit", "1003", "格式错误：XK_XDR_MC"))
    assert advice.means == "写法不合平台要求"
    broken = told.broken(PLATFORM)
    assert broken is not None
    assert "{value}" in broken.message
    assert told.broken("transport_credit") is None


def test_a_table_of_no_platform_is_told(tmp_path: Path) -> None:
    written(tmp_path, GOOD)
    (tmp_path / "credit_shangdong.toml").write_text(GOOD, "utf-8")
    assert instructions({PLATFORM: PLATFORM}, tmp_path).strays == ("credit_shangdong",)
    assert instructions({PLATFORM: PLATFORM}, tmp_path / "none").strays == ()


@pytest.mark.parametrize("profile", SHIPPED)
def test_every_code_of_refusal_that_a_shipped_profile_knows_has_an_instruction(
    profile: str,
) -> None:
    known = refusal_codes(load_profile(profile, {}))
    assert known
    told = instructions({PLATFORM: profile})
    assert [code for code in known if not told.covers(PLATFORM, code)] == []


@pytest.mark.parametrize("profile", SHIPPED)
def test_nothing_shipped_is_called_confirmed(profile: str) -> None:
    rows = shipped_instructions(profile)
    assert {one.row.status for one in rows} == {"reference"}
    assert all(one.source for one in rows)


def test_the_codes_of_a_profile_are_read_from_tables_and_from_rules() -> None:
    by_name = {one.id: refusal_codes(one) for one in shipped_profiles()}
    assert set(by_name["credit_shandong"]) == {"0040", "0041", "1001", "1002", "1003", "4001"}
    assert {"not_approved", "empty_field"} <= set(by_name["county_site"])
    assert set(by_name["async_serial"]) == {"-1", "1", "2", "3", "9"}
    assert by_name["credit_frontdb_2018"] == ("9",)
