"""``xinqiao adopt`` as a person types it: from a platform of its own process, and from files."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.commands.terminal import Said, Terminal
from tests.imports.books import CONTENT, DECIDED, DOCUMENT, IDENTITY_NUMBER, company, write_book
from tests.support import wait_until
from xinqiao.simulator.process import SimulatorProcess, start

PLATFORM = "credit_shandong"
OLD, NEW = "2026/07/30", "2026/08/03"


def number(index: int) -> str:
    return f"云交许〔2026〕{index:04}号"


def begin(terminal: Terminal, words: str = "[start]\nreport_from = 2026-08-01") -> None:
    """Set the day from which the bureau reports through the hub."""
    path = terminal.workspace.root / "xinqiao.toml"
    text = path.read_text("utf-8")
    path.write_text(f"{text}\n{words}\n", "utf-8")


@dataclass
class Desk:
    """A terminal whose platform answers, and that platform."""

    terminal: Terminal
    simulator: SimulatorProcess

    def adopt(self, *words: object) -> Said:
        return self.terminal.run("adopt", "--platform", PLATFORM, "--kind", "permit", *words)

    def holds(self, index: int, **fields: str) -> None:
        """Let the platform hold a permit that was reported by hand."""
        told = {"XK_WSH": number(index), "XK_NR": "道路普通货物运输", **fields}
        self.simulator.plant("permit", number(index), fields=told)

    def effects(self) -> dict[str, int]:
        """Return what the platform took in by its own book."""
        told: dict[str, int] = self.simulator.received()["effects"]
        return told


@pytest.fixture
def desk(terminal: Terminal, tmp_path: Path) -> Iterator[Desk]:
    """Two permits from before the start and two from after it; the platform holds one of each."""
    with start() as simulator:
        path = terminal.workspace.root / "platforms" / f"{PLATFORM}.toml"
        text = re.sub(r"127\.0\.0\.1:\d+", f"127.0.0.1:{simulator.port}", path.read_text("utf-8"))
        for name in ("visible_after_seconds", "poll_after_seconds", "poll_every_seconds"):
            assert f"{name} = 1" in text
            text = text.replace(f"{name} = 1", f"{name} = 0.05")
        path.write_text(text, "utf-8")
        begin(terminal)
        days = {1: OLD, 2: OLD, 3: NEW, 4: NEW}
        rows = [company(index, **{DECIDED: day}) for index, day in days.items()]
        assert terminal.run("import", write_book(tmp_path / "许可.xlsx", *rows)).code == 0
        made = Desk(terminal, simulator)
        made.holds(1)
        made.holds(3)
        yield made


def test_a_bureau_goes_live_and_only_what_the_platform_lacks_is_sent(desk: Desk) -> None:
    terminal = desk.terminal
    shown = terminal.run("status")
    since = "（2026-08-01 起由本系统报送）"
    assert f"{PLATFORM} 行政许可启用前 2 条{since}：已接管 0 条，" in shown.out
    tried = desk.adopt("--dry-run")
    assert tried.code == 3  # the fourth is overdue by now, and nobody took it in
    assert "行政许可台账 2 条（只检查，没有改动）：可以接管 2，" in tried.out
    assert "台账里没有、须由本系统报送的 1 条，其中已逾期 1" in tried.out
    assert number(4) in tried.out
    done = desk.adopt("--reason", "8 月起启用")
    assert "行政许可台账 2 条（编号 1）：接管 2，" in done.out
    assert "启用前未接管的还有 1 条" in done.out
    again = desk.adopt("--reason", "再看一次")
    assert "接管 0，已是持有 2" in again.out

    def settled() -> bool:
        terminal.run("sync")
        board = terminal.run("status", "--json").json["platforms"][PLATFORM]
        return bool(board["states"]["accepted"] == 1)

    wait_until(settled, lambda: terminal.run("status").out)
    assert list(desk.simulator.received()["history"].values()).count(["insert"]) == 1
    told = terminal.run("status", "--json").json["before_start"]
    assert told == [{"platform": PLATFORM, "kind": "permit", "not_adopted": 1, "adopted": 2}]
    listed = terminal.run("adopt", "list")
    assert (listed.code, "8 月起启用" in listed.out, "再看一次" in listed.out) == (0, True, True)


def test_a_difference_and_a_stranger_are_told_with_what_to_do(desk: Desk) -> None:
    desk.holds(1, XK_NR="出租[汽车]经营")
    desk.holds(9)
    said = desk.adopt("--reason", "启用")
    assert said.code == 3
    assert "接管 1，已是持有 0，报送中 0，本地无记录 1，不一致 1" in said.out
    assert "许可内容（XK_NR）" in said.out
    assert "出租[汽车]经营" in said.out
    assert "以后导入同一编号的不再报送" in said.out
    accepted = desk.adopt("--reason", "认可", "--accept-different")
    assert "其中 1 条内容不一致，按要求接管" in accepted.out


def test_the_words_on_a_difference_name_the_commands_and_nothing_is_sent_by_it(desk: Desk) -> None:
    desk.holds(3, XK_NR="出租汽车经营")
    desk.adopt("--reason", "启用")
    terminal = desk.terminal
    told = [one["message"] for one in terminal.run("queue", "list", "--json").json]
    (words,) = [one for one in told if "--accept-different" in one]
    for command in ("xinqiao reconcile，", "xinqiao reconcile items act 编号 --action correct"):
        assert command in words
    said = desk.adopt("--reason", "本地对", "--accept-different")
    assert "没有更正平台：执行 xinqiao reconcile，" in said.out
    terminal.run("sync")
    assert not desk.simulator.received()["effects"].get(number(3))


def test_the_result_as_json(desk: Desk) -> None:
    said = desk.adopt("--dry-run", "--json")
    assert said.code == 3
    told = said.json["kinds"]["permit"]
    assert (said.json["dry_run"], told["adopted"], told["complete"]) == (True, 2, True)
    (owed,) = told["still_owed"]
    assert (owed["name"], owed["rule"], owed["due_on"]) == (number(4), "D1", "2026-08-12")
    assert owed["overdue"]
    assert told["id"] is None


def test_a_downloaded_workbook_is_taken_over_where_the_platform_cannot_be_asked(
    terminal: Terminal, tmp_path: Path
) -> None:
    begin(terminal)
    book = write_book(tmp_path / "许可.xlsx", company(1, **{DECIDED: OLD}))
    assert terminal.run("import", book).code == 0
    row = {DOCUMENT: number(1), CONTENT: "道路普通货物运输", "入库时间": "2026-07-31 10:00:00"}
    ledger = write_book(tmp_path / "台账.xlsx", row)
    words = ("adopt", "--platform", PLATFORM, "--ledger", ledger, "--reason", "启用")
    which = terminal.run(*words)
    assert (which.code, "请用 --kind 写明是哪一类" in which.err) == (1, True)
    said = terminal.run(*words, "--kind", "permit")
    assert said.code == 0, said.out + said.err
    assert "接管 1，" in said.out
    (run,) = terminal.run("adopt", "list", "--json").json["adoptions"]
    assert (run["origin"], run["file_name"]) == ("file", "台账.xlsx")
    explained = terminal.run("routes", "explain", number(1), "--json").json
    (place,) = [one for one in explained["platforms"] if one["platform"] == PLATFORM]
    assert (place["goes"], place["held_version"]) == (True, 1)


def test_a_workbook_with_unknown_headers_takes_over_nothing(
    terminal: Terminal, tmp_path: Path
) -> None:
    ledger = write_book(tmp_path / "台账.xlsx", {"甲": "1", "乙": "2"})
    said = terminal.run(
        *("adopt", "--platform", PLATFORM, "--kind", "permit"),
        *("--ledger", ledger, "--reason", "启用"),
    )
    assert said.code == 1
    assert said.err.startswith("错误：")
    assert terminal.run("adopt", "list", "--json").json["adoptions"] == []
    last = terminal.run("audit", "list", "--json").json[-1]
    assert (last["action"], last["reason"]) == ("adoption.refused", "启用")
    assert last["details"]["file"] == "台账.xlsx"


def test_undoing_is_told_and_a_second_time_refused(desk: Desk) -> None:
    desk.adopt("--reason", "启用")
    tried = desk.terminal.run("adopt", "undo", 1, "--dry-run")
    assert (tried.code, tried.out) == (
        0,
        (
            "接管 1：（只检查，没有改动）会撤销 2 条，其中 1 条会向平台报送；"
            "不再记着的平台条目 0 条。\n"
        ),
    )
    asked = desk.terminal.run("adopt", "undo", 1)
    assert (asked.code, "请用 --reason 写明为什么撤销" in asked.err) == (2, True)
    done = desk.terminal.run("adopt", "undo", 1, "--reason", "接错了平台")
    assert (done.code, done.out) == (
        0,
        "接管 1：撤销 2 条，其中 1 条就要向平台报送；不再记着的平台条目 0 条。\n",
    )
    assert "已撤销：接错了平台" in desk.terminal.run("adopt", "list").out
    again = desk.terminal.run("adopt", "undo", 1, "--reason", "再来")
    assert (again.code, "已经撤销" in again.err) == (1, True)
    missing = desk.terminal.run("adopt", "undo", 7, "--reason", "再来")
    assert (missing.code, "没有编号为 7 的接管" in missing.err) == (1, True)
    assert desk.terminal.run("audit", "verify").code == 0


def test_what_is_missing_on_the_command_line_is_asked_for(terminal: Terminal) -> None:
    for words, told in (
        ((), "请用 --platform 写明平台"),
        (("--platform", PLATFORM), "请用 --reason 写明为什么接管；只想看看的加 --dry-run"),
        (("--dry-run", "list"), "选项写在 list 之后，不写在它之前"),
    ):
        said = terminal.run("adopt", *words)
        assert (said.code, told in said.err) == (2, True), said.err
    unknown = terminal.run("adopt", "--platform", "credit_shandon", "--dry-run")
    assert (unknown.code, "本工作区没有平台" in unknown.err) == (1, True)
    kind = terminal.run("adopt", "--platform", PLATFORM, "--kind", "permitt", "--dry-run")
    assert (kind.code, "没有记录类型“permitt”" in kind.err) == (1, True)


def test_before_anything_was_taken_over_the_list_says_what_to_type(terminal: Terminal) -> None:
    said = terminal.run("adopt", "list")
    assert said.out == ("还没有接管过；先用 xinqiao adopt --platform 平台 --dry-run 看看。\n")


def test_a_platform_that_cannot_be_asked_names_the_way_by_file(terminal: Terminal) -> None:
    path = terminal.workspace.root / "platforms" / f"{PLATFORM}.toml"
    text = path.read_text("utf-8")
    path.write_text(re.sub(r"(?m)^base_url = .*$", "", text), "utf-8")
    said = terminal.run("adopt", "--platform", PLATFORM, "--dry-run")
    assert said.code == 1
    assert "--ledger 文件" in said.err or "接口地址" in said.err
    # a dry run is a question, and nothing that could be refused
    told = terminal.run("audit", "list", "--json").json
    assert "adoption.refused" not in [one["action"] for one in told]


def test_a_ledger_that_was_not_read_calls_nothing_owed(terminal: Terminal, tmp_path: Path) -> None:
    begin(terminal)
    book = write_book(tmp_path / "许可.xlsx", company(1, **{DECIDED: NEW}))
    assert terminal.run("import", book).code == 0
    said = terminal.run("adopt", "--platform", PLATFORM, "--kind", "permit", "--dry-run")
    assert said.code == 3
    assert "台账没有读全" in said.out
    assert "是否须报送未判" in said.out
    assert "台账里没有" not in said.out
    assert number(1) not in said.out


def test_an_unknown_platform_among_the_starting_days_stops_what_plans_by_it(
    terminal: Terminal,
) -> None:
    begin(terminal, "[start.platforms]\ncredit_shandon = 2026-08-01")
    for words in (("status",), ("sync",), ("routes", "list")):
        said = terminal.run(*words)
        assert said.code == 1
        assert "[start.platforms]：没有平台 credit_shandon，" in said.err
        assert "是不是想写“credit_shandong”？" in said.err


def test_an_earlier_day_makes_due_through_routes_apply(terminal: Terminal, tmp_path: Path) -> None:
    begin(terminal)
    book = write_book(tmp_path / "许可.xlsx", company(1, **{DECIDED: OLD}))
    said = terminal.run("import", book)
    assert "启用日期前的 1（不补报）" in said.out
    assert terminal.run("queue", "list", "--json").json == []
    path = terminal.workspace.root / "xinqiao.toml"
    path.write_text(path.read_text("utf-8").replace("2026-08-01", "2026-07-01", 1), "utf-8")
    done = terminal.run("routes", "apply", "--reason", "提前启用", "--json").json
    assert done["platforms"] == {PLATFORM: {"owed": 1, "dropped": 0}}
    (one,) = terminal.run("queue", "list", "--json").json
    assert one["state"] == "ready"


def test_no_personal_number_is_shown(desk: Desk) -> None:
    desk.simulator.plant(
        "permit", number(1), fields={"XK_WSH": number(1), "XK_NR": IDENTITY_NUMBER}
    )
    for words in (("--dry-run",), ("--dry-run", "--json"), ("--reason", "启用")):
        said = desk.adopt(*words)
        assert IDENTITY_NUMBER not in said.out + said.err
