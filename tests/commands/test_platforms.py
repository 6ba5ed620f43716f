"""``xinqiao platforms``: what there is, what is in order, and what is still to be confirmed."""

from collections.abc import Callable
from typing import get_args

import pytest

from tests.commands.terminal import Terminal, report_nothing_but_decisions
from xinqiao.adapters.base import ReceiptMode
from xinqiao.adapters.policies import CorrectionStrategy, WithdrawStrategy
from xinqiao.adapters.profile import SHIPPED, Profile, Transport
from xinqiao.commands.words import CORRECTIONS, RECEIPTS, STEPS, TRANSPORTS, WITHDRAWALS

PLATFORM = "credit_shandong"
OTHER = "another_site"

Write = Callable[[str], None]


@pytest.fixture
def write(terminal: Terminal) -> Write:
    """Write the platform's file anew."""

    def written(text: str) -> None:
        file = terminal.workspace.root / "platforms" / f"{PLATFORM}.toml"
        file.write_text(text, "utf-8")

    return written


MANUAL = """profile = "credit_template_2018"
[transport]
folder = "packages"
total_seconds = 5
"""

STATUS = """, { name = "S", role = "status" }, { name = "V", role = "validity" },
  { name = "W", role = "invalid_reason" }, { name = "E", role = "error_text" }"""

SIGNED = """profile = "credit_shandong"
[transport]
base_url = "http://127.0.0.1:1"
total_seconds = 5
[settings]
organisation_code = "报送单位统一社会信用代码"
[[authentication]]
type = "sign"
source = "本系统自拟"
text = "{credentials.client_secret}{time}"
algorithm = "sha256"
place = "header"
name = "X-Sign"
"""


def checks(terminal: Terminal) -> dict[str, bool]:
    told = terminal.run("platforms", "check", PLATFORM, "--json").json
    return {one["check"]: one["ok"] for one in told["checks"]}


def test_a_platform_that_cannot_be_reached_is_told_of_as_far_as_its_profile_goes(
    terminal: Terminal,
) -> None:
    away = terminal.run("platforms", "check", PLATFORM, "--json")
    assert (away.code, away.json["ok"], away.json["reference"]) == (3, False, True)
    kinds = {one["kind"]: one for one in away.json["kinds"]}
    assert set(kinds) == {"permit", "penalty", "commitment", "list_entry", "repair", "objection"}
    assert all(0 < one["unconfirmed_columns"] <= one["columns"] for one in kinds.values())
    assert all(one["missing"] == [] for one in kinds.values())
    parts = {one["part"] for one in away.json["sources"]}
    assert {"", "transport", "authentication[1]", "operations.submit", "receipts"} <= parts
    shown = terminal.run("platforms", "check", PLATFORM)
    assert "档案仍是参考" in shown.out
    assert "未经平台方文件确认" in shown.out


def test_a_platform_of_which_nothing_is_filled_in_is_told_of_too(
    terminal: Terminal, write: Write
) -> None:
    write('[transport]\nbase_url = ""\n')
    (terminal.workspace.root / "secrets" / f"{PLATFORM}.toml").unlink()
    found = terminal.run("platforms", "check", PLATFORM)
    assert found.code == 3
    assert "还没有填写 transport.base_url" in found.out
    assert "缺少 client_id、client_secret" in found.out
    assert checks(terminal) == {"地址": False, "平台要的值": True, "凭据": False, "占用时间": False}


def test_a_platform_that_is_a_folder_is_proved_by_writing_into_it(
    terminal: Terminal, write: Write
) -> None:
    write(MANUAL)
    report_nothing_but_decisions(terminal.workspace.root)
    found = terminal.run("platforms", "check", PLATFORM, "--json")
    assert [one["kind"] for one in found.json["kinds"]] == ["permit", "penalty"]
    assert found.json["kinds"][0]["missing"] == []
    assert all(one["ok"] for one in found.json["checks"])
    assert found.code == 0


@pytest.mark.parametrize(
    ("profile", "layout"),
    [
        ("void_and_insert", 'business_key = ["XK_WSH"]\nname = "T"\nsource = "x"'),
        ("transport_csv_folder", 'header = "codes"\nname = "{batch}.csv"'),
    ],
)
def test_a_field_that_the_layout_would_lose_or_that_there_is_not_is_named_before_anything_is_sent(
    terminal: Terminal, write: Write, profile: str, layout: str
) -> None:
    place = "tables" if profile == "void_and_insert" else "templates"
    key = '{ name = "K", role = "row_key" }, ' if place == "tables" else ""
    own = {
        "tables": '{ name = "A", field = "XK_WSH" }, { name = "B", field = "XK_NRR" }',
        "templates": '{ field = "XK_WSH" }, { field = "XK_NRR" }',
    }[place]
    write(f"""profile = "{profile}"
[transport.{place}.permit]
{layout}
columns = [{key}{own}{STATUS if place == "tables" else ""}]
""")
    found = terminal.run("platforms", "check", PLATFORM, "--json")
    (permit,) = [one for one in found.json["kinds"] if one["kind"] == "permit"]
    told = "".join(permit["missing"])
    assert (found.code, "XK_XDR_MC" in told, "XK_NRR" in told) == (3, True, True)


def test_a_broken_file_is_named_with_file_and_key(terminal: Terminal, write: Write) -> None:
    write("[transport]\nread_second = 3\n")
    found = terminal.run("platforms", "check", PLATFORM)
    assert (found.code, "read_second" in found.err, f"{PLATFORM}.toml" in found.err) == (
        1,
        True,
        True,
    )
    assert "是否想写 read_seconds" in found.err
    listed = terminal.run("platforms", "list")
    assert (listed.code, "read_second" in listed.out) == (3, True)
    board = terminal.run("status")
    assert (board.code, "read_second" in board.out) == (3, True)
    assert terminal.run("sync").code == 1


def test_a_sample_is_signed_step_by_step_and_shows_no_secret(
    terminal: Terminal, write: Write
) -> None:
    write(SIGNED)
    found = terminal.run("platforms", "check", PLATFORM)
    assert "签名示例" in found.out
    assert "●●●" in found.out
    assert "rehearsal-only" not in found.out
    told = terminal.run("platforms", "check", PLATFORM, "--json").json["signing"]
    assert told
    assert "rehearsal-only" not in str(told)


def test_the_profile_in_force_is_shown_in_words(terminal: Terminal, write: Write) -> None:
    shown = terminal.run("platforms", "show", PLATFORM)
    http = ("接口（HTTP）", "令牌", "报送后查询", "permit 的撤回：报送一条无效的", "20 行")
    assert [words for words in http if words not in shown.out] == []
    write(f'{MANUAL}[corrections]\npermit = "replace"\n[pace]\nhours = ["08:30-17:30"]\n')
    shown = terminal.run("platforms", "show", PLATFORM)
    manual = ("人工上传", "不需要", "人工登记", "permit 的变更：先撤后报", "08:30-17:30", "3 天内")
    assert [words for words in manual if words not in shown.out] == []


def test_the_list_tells_the_transport(terminal: Terminal) -> None:
    assert "接口（HTTP）" in terminal.run("platforms", "list").out
    (row,) = terminal.run("platforms", "list", "--json").json
    assert (row["transport"], row["receipts"]) == ("http", "poll")


def test_every_profile_that_comes_with_the_package_is_listed(terminal: Terminal) -> None:
    told = terminal.run("platforms", "profiles", "--json").json
    assert [one["profile"] for one in told] == list(SHIPPED)
    assert all(one["source"] and one["status"] == "reference" for one in told)
    shown = terminal.run_bare("platforms", "profiles")
    assert all(name in shown.out for name in SHIPPED)


def test_there_is_a_word_for_everything_that_a_profile_can_say() -> None:
    transports = {one.model_fields["type"].annotation for one in get_args(get_args(Transport)[0])}
    assert {get_args(one)[0] for one in transports} == set(TRANSPORTS)
    assert set(ReceiptMode) == set(RECEIPTS)
    assert set(CorrectionStrategy) == set(CORRECTIONS)
    assert set(WithdrawStrategy) == set(WITHDRAWALS)
    (steps, _) = get_args(Profile.model_fields["authentication"].annotation)
    kinds = [one.model_fields["type"].annotation for one in get_args(get_args(steps)[0])]
    assert {get_args(one)[0] for one in kinds} == set(STEPS)


def test_a_file_of_a_name_that_nothing_goes_to_fails_the_check(terminal: Terminal) -> None:
    file = terminal.workspace.root / "platforms" / "credit_template_2018.toml"
    file.write_text(MANUAL, "utf-8")
    found = terminal.run("platforms", "check", "credit_template_2018", "--json")
    route = {one["check"]: one for one in found.json["checks"]}["去向"]
    assert (found.code, route["ok"]) == (3, False)
    assert "platforms/credit_shandong.toml" in route["remark"]


def test_the_folder_that_a_profile_gives_for_packages_needs_no_address(
    terminal: Terminal, write: Write
) -> None:
    write('profile = "credit_template_2018"\n')
    assert checks(terminal)["地址"] is True


def test_a_platform_is_paused_and_resumed_while_its_file_is_broken(
    terminal: Terminal, write: Write
) -> None:
    write("profile = 3\n")
    paused = terminal.run("platforms", "pause", PLATFORM, "--reason", "停")
    assert (paused.code, "已暂停" in paused.out) == (0, True)
    resumed = terminal.run("platforms", "resume", "--all", "--reason", "复")
    assert (resumed.code, "已恢复" in resumed.out) == (0, True)
