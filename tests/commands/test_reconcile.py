"""``xinqiao reconcile`` as a person types it, against a platform in a process of its own."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from tests.commands.terminal import Said, Terminal
from tests.imports.books import company, write_book
from tests.support import wait_until
from xinqiao.clock import Clock
from xinqiao.simulator.process import SimulatorProcess, start

TODAY = Clock().today()
DAY = timedelta(days=1)


def number(index: int) -> str:
    return f"云交许〔2026〕{index:04}号"


@dataclass
class Desk:
    """A terminal whose platform answers, and that platform."""

    terminal: Terminal
    simulator: SimulatorProcess

    def reconcile(self, *words: object) -> Said:
        # a day more on both sides: a test may run around midnight
        span = ("--from", TODAY - DAY, "--to", TODAY + DAY)
        return self.terminal.run("reconcile", *span, *words)


@pytest.fixture
def desk(terminal: Terminal, tmp_path: Path) -> Iterator[Desk]:
    """Three permits that the platform took in."""
    with start() as simulator:
        path = terminal.workspace.root / "platforms" / "credit_shandong.toml"
        text = re.sub(r"127\.0\.0\.1:\d+", f"127.0.0.1:{simulator.port}", path.read_text("utf-8"))
        for name, usual, quick in (
            ("visible_after_seconds", "1", "0"),
            ("poll_after_seconds", "1", "0.05"),
            ("poll_every_seconds", "1", "0.05"),
        ):
            assert f"{name} = {usual}" in text
            text = text.replace(f"{name} = {usual}", f"{name} = {quick}")
        path.write_text(text, "utf-8")
        book = write_book(tmp_path / "许可.xlsx", company(1), company(2), company(3))
        assert terminal.run("import", book).code == 0

        def accepted() -> bool:
            terminal.run("sync")
            board = terminal.run("status", "--json").json["platforms"]["credit_shandong"]
            return bool(board["states"]["accepted"] == 3)

        wait_until(accepted, lambda: terminal.run("status").out)
        yield Desk(terminal, simulator)


def test_when_both_sides_agree_it_says_so_and_nobody_is_needed(desk: Desk) -> None:
    said = desk.reconcile()
    assert (said.code, said.err) == (0, "")
    assert "许可台账：一致 3，平台缺 0，本地无 0，不一致 0" in said.out
    assert "全部一致。" in said.out


def test_ledgers_in_which_there_is_nothing_take_one_line(desk: Desk) -> None:
    said = desk.terminal.run("reconcile", "--full")
    (line,) = [one for one in said.out.splitlines() if "台账和本地都没有的：" in one]
    assert "信用承诺、红黑名单、异议" in line
    assert "均已核对至" in line
    assert "信用承诺台账" not in said.out
    assert "行政许可台账：" in said.out


def test_every_difference_is_listed_with_what_to_do_about_it(desk: Desk) -> None:
    plant = desk.simulator.plant
    plant("permit", number(1), fields=None)
    plant("permit", number(2), fields={"XK_NR": "出租[汽车]经营"})
    plant("permit", "外〔2026〕1号", fields={"XK_WSH": "外〔2026〕1号", "XK_XDR_MC": "外来"})
    said = desk.reconcile()
    assert said.code == 3
    assert "许可台账：一致 1，平台缺 1，本地无 1，不一致 1" in said.out
    assert "平台缺：平台曾回执入库，台账里却没有，请与平台核实" in said.out
    assert number(1) in said.out
    assert "不是本系统报送的：请查明是谁报的，或补录本地记录" in said.out
    assert "不一致：本地对的重新导入即更正，平台对的请更正本地记录" in said.out
    assert "许可内容（XK_NR）" in said.out
    assert "出租[汽车]经营" in said.out
    assert "全部一致" not in said.out


def test_the_same_as_json(desk: Desk) -> None:
    desk.simulator.plant("permit", number(2), fields={"XK_NR": "改"})
    said = desk.reconcile("--platform", "credit_shandong", "--json")
    assert said.code == 3
    assert said.json["from"] == (TODAY - DAY).isoformat()
    assert said.json["to"] == (TODAY + DAY).isoformat()
    told = said.json["platforms"]["credit_shandong"]
    assert (told["matched"], told["complete"], told["missing_at_platform"]) == (2, True, [])
    (difference,) = told["different"]
    assert (difference["field"], difference["ours"], difference["theirs"]) == (
        "XK_NR",
        "道路普通货物运输",
        "改",
    )
    assert told["receipts"] == {"awaiting": 0, "in_doubt": 0, "overdue": []}


@pytest.mark.parametrize("fault", ["html_page", "short_list", "other_total", "no_pages", "busy"])
def test_a_ledger_that_breaks_off_is_said_to_prove_nothing(desk: Desk, fault: str) -> None:
    desk.simulator.plant("permit", number(1), fields=None)
    # the permits come last but one: every ledger breaks off, theirs among them
    desk.simulator.queue_faults([{"name": fault, "call": "ledger", "nth": 1, "times": 6}])
    said = desk.reconcile()
    assert said.code == 3
    assert "没有读全" in said.out
    assert "没有显示的不当作缺失，请再对一次" in said.out
    # of what could not be read at all it is said once, and there is nothing to act on
    assert said.out.count("这次没有核对成：") <= 1
    assert "reconcile items list" not in said.out
    again = desk.reconcile("--json").json["platforms"]["credit_shandong"]
    missing = [one["document_number"] for one in again["missing_at_platform"]]
    # a platform that said it was busy is left alone for a while
    assert missing == [number(1)] or (fault == "busy" and not again["complete"])


def test_a_ledger_that_breaks_off_is_not_called_checked_beside_it(desk: Desk) -> None:
    whole = desk.terminal.run("reconcile", "--full")
    assert "台账已核对至" in whole.out
    desk.simulator.queue_faults([{"name": "html_page", "call": "ledger", "nth": 1, "times": 6}])
    said = desk.reconcile()
    assert "这次没有核对成：" in said.out
    assert "以前已核对至" in said.out
    assert "其间无缺口" not in said.out
    assert "共 0 条" not in said.out


def test_time_limits_are_shown_with_numerator_and_denominator(desk: Desk) -> None:
    said = desk.terminal.run("reconcile", "--from", "2026-11-01")
    assert re.search(r"许可时限：按时 0，迟报 3，逾期未报 0；到期按时率 0\.0%（0/3）", said.out)


def test_only_so_many_rows_are_listed_and_the_rest_is_in_the_json(desk: Desk) -> None:
    for index in range(25):
        foreign = f"外〔2026〕{index:03}号"
        desk.simulator.plant("permit", foreign, fields={"XK_WSH": foreign})
    said = desk.reconcile()
    assert said.out.count("外〔2026〕") == 20
    assert "每类只列 20 条，逐条查看和处置用 xinqiao reconcile items list" in said.out
    told = desk.reconcile("--json").json["platforms"]["credit_shandong"]
    assert len(told["unknown_locally"]) == 25


def test_a_paused_platform_is_not_called_and_the_reason_is_shown(desk: Desk) -> None:
    pause = ("platforms", "pause", "credit_shandong", "--reason", "平台升级")
    assert desk.terminal.run(*pause).code == 0
    asked = len(desk.simulator.received()["queries"])
    said = desk.reconcile()
    assert said.code == 3
    assert "平台已暂停（平台升级）" in said.out
    assert len(desk.simulator.received()["queries"]) == asked


def test_a_platform_that_is_not_there_is_told_and_the_time_limits_are_shown(
    terminal: Terminal, tmp_path: Path
) -> None:
    book = write_book(tmp_path / "许可.xlsx", company(1))
    terminal.run("import", book)
    said = terminal.run("reconcile", "--from", "2026-11-01")
    assert said.code == 3
    assert "对方拒绝连接" in said.out
    assert "逾期未报 1；到期按时率 0.0%（0/1）" in said.out
    assert "全部一致" not in said.out


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (("--from", "2026-11-05", "--to", "2026-11-01"), 1, "晚于截止日期"),
        (("--from", TODAY + 2 * DAY, "--to", TODAY + 3 * DAY), 1, "还没有到"),
        (("--from", "11月5日"), 2, "--from"),
        (("--to", "2026-02-30"), 2, "--to"),
        (("--platform", "nowhere"), 1, "没有平台“nowhere”"),
    ],
)
def test_what_cannot_be_reconciled_is_refused_in_chinese(
    terminal: Terminal, words: tuple[object, ...], code: int, message: str
) -> None:
    said = terminal.run("reconcile", *words)
    assert said.code == code
    assert message in said.err
    assert "Traceback" not in said.err


def test_the_span_is_thirty_days_up_to_today_unless_told(desk: Desk) -> None:
    told = desk.terminal.run("reconcile", "--json").json
    assert (told["from"], told["to"]) == ((TODAY - 30 * DAY).isoformat(), TODAY.isoformat())
    told = desk.terminal.run("reconcile", "--to", "2026/11/01", "--json").json
    assert (told["from"], told["to"]) == ("2026-10-02", "2026-11-01")
    assert "30 天" in desk.terminal.run("reconcile", "--help").out
