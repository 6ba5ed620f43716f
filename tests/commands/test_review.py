"""``review``: what two people with logins of their own see and do."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.commands.terminal import Said, Terminal
from tests.e2e.test_penalties import FIRM
from tests.imports.books import company, write_book
from tests.postgresql import Server
from xinqiao.config.workspace import create_workspace, open_workspace
from xinqiao.database.engine import Database
from xinqiao.database.migration import upgrade

NUMBER = "云交罚〔2026〕0001号"
SECOND = "云交罚〔2026〕0002号"
FINE = "罚款金额(万元)"
BOTH = {"credit_shandong", "county_site"}


@dataclass
class Office:
    """A terminal at which one person after the other sits down."""

    terminal: Terminal
    folder: Path

    def run(self, who: str, *words: object) -> Said:
        with self.terminal.patch.context() as patch:
            patch.setenv("LOGNAME", who)
            return self.terminal.run(*words)

    def take_in(self, who: str, *rows: dict[str, Any], department: str = "") -> Said:
        book = write_book(self.folder / "处罚.xlsx", *rows)
        return self.run(who, "import", book, "--department", department, "--json")

    def review(self, **kinds: str) -> None:
        """Write which kinds are to be reviewed."""
        path = self.terminal.workspace.root / "xinqiao.toml"
        text, _, _ = path.read_text("utf-8").partition("[review]")
        said = "".join(f'{kind} = "{how}"\n' for kind, how in kinds.items())
        rest = path.read_text("utf-8").partition("[exemptions]")[2]
        path.write_text(f"{text}[review]\n{said}\n[exemptions]{rest}", "utf-8")
        self.terminal.workspace = open_workspace(path.parent)

    def board(self) -> dict[str, Any]:
        told: dict[str, Any] = self.run("li", "status", "--json").json["platforms"]
        return told

    def states(self) -> list[str]:
        return [one["state"] for one in self.run("li", "queue", "list", "--json").json]


@contextmanager
def opened(folder: Path, patch: pytest.MonkeyPatch) -> Iterator[Office]:
    workspace = create_workspace(folder / "office", rehearsal=True, platforms=sorted(BOTH))
    made = Database(workspace.database_url)
    upgrade(made)
    made.close()
    office = Office(Terminal(workspace, patch), folder)
    office.review(penalty="required")
    yield office


@pytest.fixture(params=["sqlite", "postgresql"])
def office(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Office]:
    if request.param == "sqlite":
        with opened(tmp_path, monkeypatch) as made:
            yield made
        return
    server: Server = request.getfixturevalue("postgresql")
    with server.fresh(migrated=False) as url:
        monkeypatch.setenv("XINQIAO_DATABASE_URL", url)
        with opened(tmp_path, monkeypatch) as made:
            yield made


@pytest.fixture
def one_office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    """What does not depend on the database."""
    with opened(tmp_path, monkeypatch) as made:
        yield made


def test_one_imports_and_another_approves(office: Office) -> None:
    done = office.take_in("zhang", FIRM)
    (told,) = done.json["files"]
    # nothing is wrong with the row: it waits for somebody else
    assert (done.code, told["new"], told["invalid"], told["to_review"]) == (0, 1, 0, 1)
    assert told["findings"] == []
    assert office.states() == []
    own = office.run("zhang", "review", "approve", NUMBER)
    assert (own.code, "您本人" in own.err) == (1, True)
    assert office.states() == []
    approved = office.run("li", "review", "approve", NUMBER, "--reason", "内容无误")
    assert (approved.code, "已批准 1 条" in approved.out) == (0, True)
    assert office.states() == ["ready", "ready"]
    log = office.run("li", "audit", "list", "--json").json
    said = [(one["actor"], one["action"]) for one in log if one["action"].startswith("review.")]
    assert sorted(said) == [("li", "review.approved"), ("zhang", "review.refused")]
    assert office.run("li", "audit", "verify").code == 0
    shown = office.run("li", "audit", "list").out
    assert "审核批准" in shown
    assert "审核未获准" in shown


def test_sudo_makes_nobody_another_person(office: Office) -> None:
    office.take_in("zhang", FIRM)
    with office.terminal.patch.context() as patch:
        patch.setenv("SUDO_USER", "zhang")
        done = office.run("root", "review", "approve", NUMBER)
    assert (done.code, "您本人" in done.err) == (1, True)


def test_the_same_rows_again_change_nothing_and_new_ones_wait_anew(office: Office) -> None:
    office.take_in("zhang", FIRM)
    office.run("li", "review", "approve", NUMBER)
    again = office.take_in("li", FIRM)
    (told,) = again.json["files"]
    assert (told["unchanged"], told["to_review"]) == (1, 0)
    assert office.states() == ["ready", "ready"]
    changed = office.take_in("zhang", FIRM | {FINE: 0.3})
    (told,) = changed.json["files"]
    assert (told["changed"], told["to_review"]) == (1, 1)
    assert set(office.states()) == {"cancelled"}
    (line,) = office.run("li", "review", "list", "--json").json
    assert (line["version"], line["compared_with"], line["importer"]) == (2, 1, "zhang")
    assert [(one["before"], one["after"]) for one in line["changed"]] == [("0.2", "0.3")]
    assert set(line["platforms"]) == BOTH


def test_the_board_shows_what_waits_apart_from_what_is_wrong(office: Office) -> None:
    office.take_in("zhang", FIRM)
    told = office.board()["credit_shandong"]
    assert (told["to_review"], told["invalid"], told["returned"]) == (1, 0, 0)
    # its last day is long past: waiting for a review stops no clock
    assert (told["overdue"], told["to_review_urgent"]) == (1, 1)
    done = office.run("li", "status")
    assert (done.code, "待审核 1" in done.out) == (3, True)
    assert "xinqiao review list" in done.out
    assert "改好疑点表" not in done.out


def test_what_is_returned_is_told_its_department(office: Office) -> None:
    office.take_in("zhang", FIRM, department="运管所")
    done = office.run("li", "review", "return", NUMBER, "--reason", "金额与决定书不符")
    assert (done.code, "xinqiao corrections" in done.out) == (0, True)
    (book,) = office.run("li", "corrections", "--json").json
    assert book["department"] == "运管所"
    listed = office.run("li", "review", "list", "--returned")
    assert (listed.code, "金额与决定书不符" in listed.out) == (0, True)
    assert office.board()["credit_shandong"]["returned"] == 1
    board = office.run("li", "status").out
    assert "审核退回的：xinqiao corrections" in board
    assert "改好疑点表" not in board
    again = office.take_in("zhang", FIRM)
    (told,) = again.json["files"]
    # the same row once more is told why it came back
    assert (again.code, told["invalid"]) == (3, 1)
    assert "金额与决定书不符" in told["findings"][0]["message"]


def test_many_are_approved_at_once_but_for_ones_own(office: Office) -> None:
    first = office.take_in("zhang", FIRM, FIRM | {"行政处罚决定文书号": SECOND})
    run = first.json["files"][0]["run"]
    office.take_in("li", FIRM | {"行政处罚决定文书号": "云交罚〔2026〕0003号"})
    unseen = office.run("li", "review", "approve", "--kind", "penalty")
    assert (unseen.code, "--yes" in unseen.err) == (2, True)
    assert office.states() == []
    done = office.run("li", "review", "approve", "--all-of-file", run, "--yes", "--json")
    assert (done.code, len(done.json["done"])) == (0, 2)
    rest = office.run("li", "review", "approve", "--kind", "penalty", "--yes", "--json")
    assert (rest.code, [one["code"] for one in rest.json["refused"]]) == (1, ["own_import"])
    shown = office.run("wang", "review", "approve", "--department", "未分科室", "--yes")
    assert (shown.code, "云交罚〔2026〕0003号" in shown.out) == (0, True)
    assert len(office.states()) == 6


def test_a_person_at_a_terminal_is_shown_what_is_approved_and_asked(one_office: Office) -> None:
    one_office.take_in("zhang", FIRM)
    with one_office.terminal.patch.context() as patch:
        patch.setattr("sys.stdin.isatty", lambda: True, raising=False)
        patch.setattr("click.confirm", _no)
        done = one_office.run("li", "review", "approve", NUMBER)
    assert (done.code, NUMBER in done.out) == (1, True)
    assert one_office.states() == []


def _no(*_words: object, **_how: object) -> bool:
    import click  # noqa: PLC0415 - patched itself

    raise click.Abort


def test_what_is_to_be_approved_is_shown_whole_without_identity_numbers(
    one_office: Office,
) -> None:
    number = "370323190711118764"
    person = FIRM | {
        "行政相对人名称": "溪样三",
        "行政相对人类别": "自然人",
        "行政相对人代码_1(统一社会信用代码)": "",
        "法定代表人": "",
        "证件类型": "身份证",
        "证件号码": number,
    }
    assert one_office.take_in("zhang", person).json["files"][0]["to_review"] == 1
    shown = one_office.run("li", "review", "show", NUMBER)
    assert shown.code == 0
    for words in ("首次报送", "车辆超限运输", "证件号已隐去", "zhang 导入", "已逾期"):
        assert words in shown.out, words
    told = one_office.run("li", "review", "show", NUMBER, "--json")
    for said in (shown.out, told.out, one_office.run("li", "review", "list", "--json").out):
        assert number not in said
    one_office.take_in("zhang", person | {FINE: 0.3})
    one_office.run("li", "review", "approve", NUMBER)
    one_office.take_in("zhang", person | {FINE: 0.4})
    again = one_office.run("li", "review", "show", NUMBER).out
    assert "与第 2 版比较" in again
    assert "批准第 2 版" in again


def test_switching_on_later_takes_effect_with_the_routes(office: Office) -> None:
    office.review()
    office.take_in("zhang", FIRM)
    assert office.states() == ["ready", "ready"]
    office.review(penalty="required")
    tried = office.run("li", "routes", "apply", "--reason", "开始审核", "--dry-run", "--json")
    assert tried.json["reviews"]["credit_shandong"] == {"to_review": 1, "released": 0}
    assert office.states() == ["ready", "ready"]
    done = office.run("li", "routes", "apply", "--reason", "开始审核")
    assert (done.code, "改为待审核" in done.out) == (0, True)
    assert office.states() == ["cancelled", "cancelled"]
    office.review()
    off = office.run("li", "routes", "apply", "--reason", "不再审核", "--json")
    assert off.json["reviews"]["county_site"] == {"to_review": 0, "released": 1}
    assert sorted(office.states()) == ["cancelled", "cancelled", "ready", "ready"]


def test_what_stood_ready_before_the_switch_is_not_sent_unreviewed(office: Office) -> None:
    office.review()
    office.take_in("zhang", FIRM)
    office.review(penalty="required")
    assert office.states() == ["ready", "ready"]
    said = office.run("li", "sync")
    assert (said.code, said.out.count("1 条待报送的改为等待审核")) == (3, 2)
    assert "改为等待审核" not in office.run("li", "sync").out
    assert office.states() == ["cancelled", "cancelled"]
    board = office.board()
    assert {name: one["to_review"] for name, one in board.items()} == dict.fromkeys(BOTH, 1)
    office.run("li", "review", "approve", NUMBER)
    assert sorted(office.states()) == ["cancelled", "cancelled", "ready", "ready"]


def test_an_approval_that_was_taken_back_since_counts_no_more(office: Office) -> None:
    office.take_in("zhang", FIRM)
    office.run("li", "review", "approve", NUMBER)
    office.run("li", "review", "return", NUMBER, "--reason", "金额有误")
    office.review()
    office.run("li", "routes", "apply", "--reason", "不再审核")
    assert sorted(office.states()) == ["cancelled", "cancelled", "ready", "ready"]
    office.review(penalty="required")
    office.run("li", "sync")
    assert office.states() == ["cancelled"] * 4


def test_the_story_and_the_routes_tell_of_the_review(one_office: Office) -> None:
    one_office.take_in("zhang", FIRM)
    why = one_office.run("li", "routes", "explain", NUMBER).out
    assert "等待审核" in why
    assert "2026-11-12" in why
    one_office.run("li", "review", "approve", NUMBER, "--reason", "内容无误")
    assert "li 审核批准第 1 版：内容无误" in one_office.run("li", "queue", "show", 1).out


def test_lists_say_what_to_do_where_there_is_nothing(one_office: Office) -> None:
    assert "没有等待审核的记录" in one_office.run("li", "review", "list").out
    narrow = one_office.run("li", "review", "list", "--kind", "permit")
    assert "去掉条件" in narrow.out
    nothing = one_office.run("li", "review", "approve", "--kind", "permit", "--yes")
    assert (nothing.code, "什么也没有做" in nothing.out) == (0, True)
    one_office.review()
    assert "xinqiao.toml" in one_office.run("li", "review", "list").out


def test_a_list_is_narrowed_to_what_is_urgent(one_office: Office) -> None:
    one_office.review(penalty="required", permit="required")
    one_office.take_in("zhang", FIRM)
    done = one_office.run("li", "review", "list", "--due-soon")
    assert (done.code, NUMBER in done.out) == (3, True)
    limited = one_office.run("li", "review", "list", "--platform", "county_site", "--json")
    assert [one["number"] for one in limited.json] == [NUMBER]
    wrong = one_office.run("li", "review", "list", "--platform", "nowhere")
    assert (wrong.code, "没有平台" in wrong.err) == (1, True)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("approve",), "两样取一样"),
        (("approve", NUMBER, "--kind", "penalty"), "两样取一样"),
        (("return", NUMBER), "缺少"),
        (("return", "--reason", "有误"), "缺少"),
        (("list", "--kind", "nothing"), "penalty"),
    ],
)
def test_what_is_left_out_or_contradicts_is_told(
    one_office: Office, words: tuple[str, ...], told: str
) -> None:
    done = one_office.run("li", "review", *words)
    assert (done.code, told in done.err) == (2, True)


@pytest.mark.parametrize(
    ("kind", "how", "told"),
    [
        ("penality", "required", "是不是想写“penalty”"),
        ("safety_grade", "required", "由平台发回"),
        ("penalty", "yes", "none"),
    ],
)
def test_settings_that_cannot_be_are_told_with_what_may_have_been_meant(
    one_office: Office, kind: str, how: str, told: str
) -> None:
    path = one_office.terminal.workspace.root / "xinqiao.toml"
    text = path.read_text("utf-8").replace('penalty = "required"', f'{kind} = "{how}"')
    path.write_text(text, "utf-8")
    done = one_office.run("li", "review", "list")
    assert (done.code, told in done.err, "review" in done.err) == (1, True, True)


def test_a_record_that_needs_no_review_says_so(one_office: Office, tmp_path: Path) -> None:
    book = write_book(tmp_path / "许可.xlsx", company(1))
    one_office.run("zhang", "import", book)
    done = one_office.run("li", "review", "approve", "云交许〔2026〕0001号")
    assert (done.code, "没有设报送前审核" in done.err) == (1, True)
