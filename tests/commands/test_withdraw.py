"""``withdraw``, ``corrections``, ``routes``, ``reconcile``: what a person sees, right and wrong."""

from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.commands.terminal import Terminal
from tests.e2e.test_penalties import FIRM
from tests.imports.books import CREDIT_CODE, company, write_book
from xinqiao.database.engine import Database
from xinqiao.database.tables import record

NUMBER = "云交许〔2026〕0001号"
WHY = ("--reason", "复议撤销", "--decided-on", "2026-11-20", "--document", "云交撤〔2026〕1号")


@pytest.fixture
def desk(terminal: Terminal, tmp_path: Path) -> Terminal:
    """A terminal on a workspace with one permit and one exempt penalty."""
    permits = write_book(tmp_path / "许可.xlsx", company(1))
    penalties = write_book(tmp_path / "处罚.xlsx", FIRM | {"案件程序": "简易程序"})
    done = terminal.run("import", permits, penalties)
    assert (done.code, "不报送 1" in done.out) == (0, True)
    return terminal


def identity(desk: Terminal) -> str:
    database = Database(desk.workspace.database_url)
    with database.reading() as connection:
        found = connection.execute(sa.select(record.c.id).where(record.c.kind == "permit"))
        made: str = found.scalar_one()
    database.close()
    return made


@pytest.mark.parametrize("spelled", [NUMBER, "云交许[2026]0001号", "identity", "beginning"])
def test_a_record_is_found_by_number_or_by_the_beginning_of_its_id(
    desk: Terminal, spelled: str
) -> None:
    text = {"identity": identity(desk), "beginning": identity(desk)[:8]}.get(spelled, spelled)
    done = desk.run("withdraw", text, *WHY)
    assert (done.code, "已登记撤回" in done.out) == (0, True)
    assert "还没有报送，不再报送" in done.out
    assert "云溪县青石货物运输有限公司" in done.out


def test_a_second_time_is_refused_with_the_first(desk: Terminal) -> None:
    desk.run("withdraw", NUMBER, *WHY)
    again = desk.run("withdraw", NUMBER, *WHY)
    assert (again.code, "云交撤〔2026〕1号" in again.err) == (1, True)


def test_a_mistake_can_be_taken_back(desk: Terminal) -> None:
    desk.run("withdraw", NUMBER, *WHY)
    assert "cancelled" in desk.run("queue", "list", "--json").out
    done = desk.run("withdraw", NUMBER, "--undo", "--reason", "登记错了")
    assert (done.code, "已取消撤回" in done.out) == (0, True)
    states = [one["state"] for one in desk.run("queue", "list", "--json").json]
    assert sorted(states) == ["cancelled", "ready"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((NUMBER, "--reason", "撤"), "缺少 --decided-on、--document"),
        ((NUMBER, *WHY, "--undo"), "--undo"),
        ((NUMBER, *WHY[2:]), "--reason"),
        ((NUMBER, "--reason", "撤", "--decided-on", "昨天", "--document", "1"), "--decided-on"),
    ],
)
def test_wrong_options_are_told(desk: Terminal, words: tuple[str, ...], said: str) -> None:
    done = desk.run("withdraw", *words)
    assert done.code == 2
    assert said in done.err


@pytest.mark.parametrize("text", ["云交许〔2026〕9999号", "短", "ffffffff"])
def test_a_record_that_is_not_there_is_told(desk: Terminal, text: str) -> None:
    done = desk.run("withdraw", text, *WHY)
    assert (done.code, "没有这条记录" in done.err) == (1, True)


def test_status_and_routes_show_what_is_reported_to_nobody_and_why(desk: Terminal) -> None:
    shown = desk.run("status")
    assert "不报送 1 条：简易程序处罚（《山东省社会信用条例》第十三条" in shown.out
    (rule,) = desk.run("routes", "list", "--json").json["exemptions"]
    assert (rule["in_force"], rule["records"]) == (True, 1)
    assert "simplified_procedure" in desk.run("routes", "list").out


def test_switching_a_rule_takes_effect_when_routes_are_applied(desk: Terminal) -> None:
    assert "没有须重新判定" in desk.run("routes", "apply", "--reason", "查").out
    path = desk.workspace.root / "xinqiao.toml"
    text = path.read_text("utf-8")
    path.write_text(f"{text}\n[exemptions]\nsimplified_procedure = false\n", "utf-8")
    assert "重新判定了 1 条" in desk.run("routes", "apply", "--reason", "改报").out
    path.write_text(f"{text}\n[exemptions]\nsimple = false\n", "utf-8")
    done = desk.run("routes", "apply", "--reason", "改报")
    assert (done.code, "simplified_procedure" in done.err) == (1, True)


def test_corrections_are_written_for_each_department_and_none_is_said_kindly(
    desk: Terminal, tmp_path: Path
) -> None:
    none = desk.run("corrections")
    assert (none.code, none.out.strip()) == (0, "没有须更正的记录。")
    bad = write_book(tmp_path / "错.xlsx", company(2, **{CREDIT_CODE: "911100006000373411"}))
    desk.run("import", bad, "--department", "运管所")
    done = desk.run("corrections", "-o", tmp_path / "出", "--json")
    assert done.code == 3
    (book,) = done.json
    assert (book["department"], book["kind"], book["records"]) == ("运管所", "permit", 1)
    assert Path(book["file"]).parent == tmp_path / "出"
    assert "待更正-运管所-行政许可" in desk.run("corrections").out
    assert desk.run("corrections", "--department", "别的").code == 0
    unknown = desk.run("corrections", "--kind", "parking")
    assert (unknown.code, "parking" in unknown.err) == (2, True)


def test_reconcile_says_when_the_platform_cannot_be_asked(desk: Terminal) -> None:
    done = desk.run("reconcile", "--from", "2026-11-01")
    assert done.code == 3
    assert "这次没有核对成" in done.out
    told = desk.run("reconcile", "--json").json["platforms"]["credit_shandong"]
    assert (told["complete"], told["missing_at_platform"]) == (False, [])
    assert set(told) >= {"matched", "unknown_locally", "different", "metrics", "receipts"}


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--from", "2026-12-01", "--to", "2026-11-01"), 1, "晚于截止日期"),
        (("--from", "2999-01-01", "--to", "2999-01-02"), 1, "还没有到"),
        (("--platform", "nowhere"), 1, "本工作区没有平台"),
        (("--from", "十月"), 2, "--from"),
    ],
)
def test_a_span_or_platform_that_cannot_be_is_told(
    desk: Terminal, words: tuple[str, ...], code: int, said: str
) -> None:
    done = desk.run("reconcile", *words)
    assert (done.code, said in done.err) == (code, True)
