"""What operators decide about submissions and platforms: with a reason, audited, refusals too."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.commands.terminal import Said, Terminal
from tests.imports.books import bad, company, write_book
from xinqiao.database.engine import Database
from xinqiao.database.tables import submission

PLATFORM = "credit_shandong"


@pytest.fixture
def desk(terminal: Terminal, tmp_path: Path) -> Terminal:
    """A terminal on a workspace with two submissions and one bad row."""
    book = write_book(tmp_path / "许可.xlsx", company(1), company(2), bad(3))
    assert terminal.run("import", book).code == 3
    return terminal


def force(terminal: Terminal, submission_id: int, **values: object) -> None:
    """Put one submission into a state directly."""
    database = Database(terminal.workspace.database_url)
    with database.writing() as connection:
        connection.execute(
            sa.update(submission).where(submission.c.id == submission_id).values(**values)
        )
    database.close()


def state(terminal: Terminal, submission_id: int) -> str:
    told = terminal.run("queue", "show", submission_id, "--json").json
    return str(told["state"])


def audited(terminal: Terminal) -> list[tuple[str, str]]:
    """Return (action, reason) of the latest entries, whose chain holds.

    The states themselves were put there past the log (``force``): that the log disproves them
    is right, and proved elsewhere.
    """
    told = terminal.run("audit", "list", "--json").json
    assert terminal.run("audit", "verify", "--json").json["chain_ok"]
    return [(one["action"], one["reason"]) for one in told]


def evidence(tmp_path: Path) -> Path:
    path = tmp_path / "平台截图.png"
    path.write_bytes(b"png")
    return path


@pytest.mark.parametrize(
    ("verb", "before", "after", "action"),
    [
        ("hold", "ready", "held", "submission.held"),
        ("release", "held", "ready", "submission.ready"),
        ("cancel", "ready", "cancelled", "submission.cancelled"),
        ("retry", "ready", "ready", "submission.brought_forward"),
    ],
)
def test_a_verb_changes_the_state_and_is_audited_with_its_reason(
    desk: Terminal, verb: str, before: str, after: str, action: str
) -> None:
    force(desk, 1, state=before)
    assert desk.run("queue", verb, 1, "--reason", "科长同意").code == 0
    assert state(desk, 1) == after
    assert (action, "科长同意") in audited(desk)


@pytest.mark.parametrize(
    ("verb", "before"),
    [
        ("hold", "accepted"),
        ("release", "ready"),
        ("cancel", "sending"),
        ("retry", "accepted"),
    ],
)
def test_a_refusal_changes_nothing_says_what_is_allowed_and_is_audited(
    desk: Terminal, verb: str, before: str
) -> None:
    force(desk, 1, state=before)
    refused = desk.run("queue", verb, 2, 1, "--reason", "试试")
    assert refused.code == 1
    assert "报送件 1 现在是" in refused.err
    assert "的可以" in refused.err
    assert [state(desk, one) for one in (1, 2)] == [before, "ready"]
    assert (f"queue.{verb}_refused", "试试") in audited(desk)


@pytest.mark.parametrize(
    ("found", "after"),
    [("accepted", "accepted"), ("rejected", "rejected"), ("absent", "ready")],
)
def test_what_was_found_at_the_platform_settles_a_doubt_with_its_evidence(
    desk: Terminal, tmp_path: Path, found: str, after: str
) -> None:
    force(desk, 1, state="in_doubt")
    words = ("--as", found, "--evidence", evidence(tmp_path), "--reason", "平台已查")
    assert desk.run("queue", "resolve", 1, *words).code == 0
    assert state(desk, 1) == after
    (entry,) = desk.run("audit", "list", "--action", "submission.resolved", "--json").json
    assert entry["details"]["evidence"] == "平台截图.png"
    assert len(entry["details"]["sha256"]) == 64


def test_resolving_what_is_not_in_doubt_is_refused_and_audited(
    desk: Terminal, tmp_path: Path
) -> None:
    words = ("--as", "accepted", "--evidence", evidence(tmp_path), "--reason", "误操作")
    assert desk.run("queue", "resolve", 1, *words).code == 1
    assert state(desk, 1) == "ready"
    assert ("queue.resolve_refused", "误操作") in audited(desk)


@pytest.mark.parametrize("verb", ["retry", "hold", "release", "cancel", "resolve"])
def test_no_verb_goes_without_a_reason_or_a_number(desk: Terminal, verb: str) -> None:
    further = ("--as", "accepted", "--evidence", "x") if verb == "resolve" else ()
    without_reason = desk.run("queue", verb, 1, *further)
    without_number = desk.run("queue", verb, *further, "--reason", "x")
    unknown = desk.run("queue", verb, 77, *further[:3], *_file(further), "--reason", "x")
    assert (without_reason.code, without_number.code, unknown.code) == (2, 2, 1)
    assert "缺少 --reason" in without_reason.err
    assert "缺少 编号" in without_number.err
    assert "77" in unknown.err


def _file(further: tuple[str, ...]) -> tuple[str, ...]:
    return (__file__,) if further else ()


@pytest.mark.parametrize(
    ("verb", "values", "way"),
    [
        ("cancel", {"state": "in_doubt"}, "请先到平台核实，再用 xinqiao queue resolve"),
        ("release", {"state": "in_doubt"}, "请先到平台核实，再用 xinqiao queue resolve"),
        ("hold", {"state": "held"}, "用 xinqiao queue release 放行，或"),
        ("retry", {"state": "held"}, "用 xinqiao queue release 放行，或"),
        ("retry", {"state": "conflict"}, "queue resolve --as accepted"),
        ("hold", {"state": "sending"}, "等它有了结果"),
        ("cancel", {"state": "awaiting_receipt"}, "xinqiao sync"),
    ],
)
def test_a_refusal_names_the_way_on(
    desk: Terminal, verb: str, values: dict[str, object], way: str
) -> None:
    force(desk, 1, **values)
    refused = desk.run("queue", verb, 2, 1, "--reason", "试试", "--json")
    assert (refused.code, refused.json["error"]["code"]) == (1, "refused")
    assert way in refused.json["error"]["message"]
    assert way in refused.err


@pytest.mark.parametrize("verb", ["hold", "retry", "cancel", "release"])
def test_nobody_is_told_to_release_what_may_have_left(desk: Terminal, verb: str) -> None:
    force(desk, 1, state="held", request_started_at=datetime.now(UTC))
    refused = desk.run("queue", verb, 1, "--reason", "试试")
    assert refused.code == 1
    assert "queue release" not in refused.err
    assert refused.err.count("queue resolve") == 1


def test_a_refusal_without_another_way_ends_with_what_is_allowed(desk: Terminal) -> None:
    force(desk, 1, state="accepted")
    refused = desk.run("queue", "cancel", 1, "--reason", "试试")
    assert refused.err.rstrip().endswith("的可以")


def test_a_reason_is_kept_without_the_blanks_around_it(desk: Terminal) -> None:
    assert desk.run("queue", "hold", 1, "--reason", " 等函复\u3000").code == 0
    assert ("submission.held", "等函复") in audited(desk)


def test_a_platform_is_paused_and_resumed_with_a_reason(desk: Terminal) -> None:
    assert desk.run("platforms", "pause", PLATFORM).code == 2
    assert desk.run("platforms", "pause", PLATFORM, "--reason", "平台维护").code == 0
    assert desk.run("status", "--json").json["platforms"][PLATFORM]["paused"]
    paused = desk.run("sync", "--json")
    assert paused.code == 3
    assert "平台维护" in paused.json["platforms"][PLATFORM]["note"]
    assert desk.run("platforms", "resume", PLATFORM, "--reason", "维护结束").code == 0
    assert not desk.run("status", "--json").json["platforms"][PLATFORM]["paused"]
    actions = audited(desk)
    assert ("platform.paused", "平台维护") in actions
    assert ("platform.resumed", "维护结束") in actions


def test_a_rehearsal_is_never_confirmed(desk: Terminal) -> None:
    refused = desk.run("platforms", "confirm", PLATFORM, "--reason", "想转正式")
    assert (refused.code, "演练" in refused.err) == (1, True)


def test_words_that_look_like_markup_are_shown_as_they_are(desk: Terminal) -> None:
    reason = "见[/tmp]与[red]文件"
    desk.run("platforms", "pause", PLATFORM, "--reason", reason)
    force(desk, 1, message="平台说[/b]：[bold]格式[/x]", code="[1]")
    shown: list[Said] = [
        desk.run(*words)
        for words in (
            ("status",),
            ("sync",),
            ("audit", "list"),
            ("queue", "list"),
            ("queue", "show", 1),
        )
    ]
    plain = ["".join(one.out.split()) for one in shown]
    assert [one.code for one in shown] == [3, 3, 0, 0, 0]
    assert reason in plain[0]
    assert reason in plain[1]
    assert "[red]" in plain[2]
    assert "[1]平台说[/b]：[bold]格式[/x]" in plain[4]


def test_a_file_name_that_looks_like_markup_is_shown_as_it_is(
    desk: Terminal, tmp_path: Path
) -> None:
    done = desk.run("import", write_book(tmp_path / "[red]许可[b].xlsx", bad(4)))
    assert done.code == 3
    assert done.out.count("[red]许可[b]") == 2
    missing = desk.run("import", tmp_path / "[red]没有.xlsx")
    assert "[red]没有.xlsx" in missing.err
