"""A connector of another package is found, kept within its bounds, and never believed blindly."""

import math
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from structlog.testing import capture_logs

from tests.adapters.asking import sent
from tests.adapters.outside.conftest import MODULE, Install
from tests.support import FrozenClock
from xinqiao.adapters.base import (
    TOO_LATE,
    BatchProgress,
    Credentials,
    Operation,
    Outcome,
    ReceiptMode,
    SealedBatch,
    SealedRow,
    Surroundings,
)
from xinqiao.adapters.connector import ProfileConnector, build
from xinqiao.adapters.outside.finding import installed, version_of
from xinqiao.adapters.profile import Profile, read_profile
from xinqiao.errors import SettingsError

DAY = date(2026, 11, 20)
VALUE = "沂源测试汽修厂"


def profile(**changes: Any) -> Profile:
    values: dict[str, Any] = {
        "id": "county",
        "name": "县平台",
        "status": "reference",
        "source": "测试",
        "transport": {
            "type": "python",
            "source": "测试",
            "connector": "ours",
            "total_seconds": 5,
            "options": {"port": 7},
        },
        "capabilities": {"source": "测试", "deduplicates": True, "visible_after_seconds": 60},
        "limits": {"source": "测试", "rows_per_batch": 2, "bytes_per_batch": 2000},
        "pace": {"source": "测试"},
        "receipts": {
            "source": "测试",
            "mode": "sync",
            "poll_after_seconds": 1,
            "poll_every_seconds": 1,
            "expected_within_seconds": 1,
        },
        "words": {"operations": {"insert": "I"}, "kinds": {"permit": "P"}},
        "withdraw": {},
    }
    for key, change in changes.items():
        values[key] = {**values[key], **change}
    return read_profile(values, file="platforms/county.toml")


def batch(rows: int = 1) -> SealedBatch:
    return SealedBatch(
        "B1",
        "county",
        "permit",
        Operation.INSERT,
        "2018",
        tuple(SealedRow(n, f"文{n}", {"XK_XDR_MC": VALUE}) for n in range(1, rows + 1)),
    )


Make = Callable[..., ProfileConnector]


@pytest.fixture
def make(clock: FrozenClock) -> Make:
    def connect(**changes: Any) -> ProfileConnector:
        surroundings = Surroundings(Credentials({"key": "s3cret"}), clock, rehearsal=True)
        return build(profile(**changes), surroundings)

    return connect


def inner(connector: ProfileConnector) -> Any:
    return connector._delivery._connector  # type: ignore[attr-defined] # what was made is looked at


def refusal(make: Make, **changes: Any) -> str:
    with pytest.raises(SettingsError) as refused:
        make(**changes)
    assert refused.value.__suppress_context__ or refused.value.__cause__ is None
    return refused.value.message


def test_a_connector_is_found_and_given_profile_and_surroundings(
    install: Install, make: Make
) -> None:
    install("county-connector")
    connector = make()
    assert installed() == ("ours",)
    assert inner(connector).options == {"port": 7}
    assert inner(connector).surroundings.rehearsal
    assert connector.submit(batch()).outcome is Outcome.ACCEPTED
    assert inner(connector).calls == ["B1"]
    assert connector.probe().checks == (("线路", True, "通"),)


def test_of_connector_and_profile_the_more_careful_counts(install: Install, make: Make) -> None:
    install("county-connector")
    told = make().capabilities
    assert (told.receipts, told.query, told.ledger) == (ReceiptMode.SYNC, True, True)
    assert (told.deduplicates, told.visible_after) == (True, 60)
    careful = make(capabilities={"deduplicates": False, "visible_after_seconds": 1}).capabilities
    assert (careful.deduplicates, careful.visible_after) == (False, 5)


def test_an_unknown_name_is_told_with_the_installed_ones(install: Install, make: Make) -> None:
    assert "一个也没有安装" in refusal(make)
    install("county-connector")
    message = refusal(make, transport={"connector": "other"})
    assert "「other」" in message
    assert "已安装的有：ours" in message


def test_two_packages_with_one_name_are_refused_by_their_names(
    install: Install, make: Make
) -> None:
    install("county-connector")
    install("city-connector", version="3.4")
    assert "city-connector 3.4、county-connector 1.2" in refusal(make)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("import not_there_at_all", "ModuleNotFoundError，缺少模块 not_there_at_all"),
        ("raise RuntimeError('s3cret')", "无法载入（RuntimeError）"),
        ("x = 1", "无法载入（AttributeError）"),
        (
            "def build(p, s): raise ValueError('s3cret')",
            "无法启动（ValueError）",
        ),
        ("build = 5", "无法启动（TypeError）"),
        ("build = lambda p, s: None", "缺少 submit、poll、query、ledger、probe、close、capab"),
        (MODULE.replace("def poll", "def pull"), "缺少 poll"),
        (MODULE.replace("self.capabilities =", "self.capability ="), "缺少 capabilities"),
    ],
)
def test_a_package_that_does_not_work_is_named_and_its_words_are_not_quoted(
    install: Install, make: Make, text: str, told: str
) -> None:
    install("county-connector", text)
    message = refusal(make)
    assert told in message
    assert "county-connector 1.2" in message
    assert "s3cret" not in message


def test_a_factorys_own_words_about_the_settings_are_told(install: Install, make: Make) -> None:
    text = (
        "from xinqiao.errors import SettingsError\ndef build(p, s): raise SettingsError('缺端口')"
    )
    install("county-connector", text)
    assert refusal(make) == "缺端口"


def test_another_way_of_receipts_than_the_profile_says_is_refused(
    install: Install, make: Make
) -> None:
    install("county-connector")
    assert "receipts.mode 写的是 poll" in refusal(make, receipts={"mode": "poll"})


def test_the_profiles_limits_hold_before_the_connector_is_asked(
    install: Install, make: Make
) -> None:
    install("county-connector")
    connector = make()
    assert connector.submit(batch(3)).code == "batch_too_large"
    small = make(limits={"bytes_per_batch": 1024})
    row = SealedRow(1, "文1", {"XK_XDR_MC": VALUE * 50})
    assert small.submit(replace(batch(), rows=(row,))).code == "batch_too_large"
    assert inner(connector).calls == inner(small).calls == []


def test_nothing_is_handed_over_at_or_after_its_time(
    install: Install, make: Make, clock: FrozenClock
) -> None:
    install("county-connector")
    connector = make()
    reply = connector.submit(batch(), clock.elapsed())
    assert (reply.outcome, reply.code) == (Outcome.RETRYABLE, TOO_LATE)
    assert inner(connector).calls == []
    assert connector.submit(batch(), math.inf).outcome is Outcome.ACCEPTED


@pytest.mark.parametrize("wrong", ["raise RuntimeError(batch.rows[0].values)", "return None"])
def test_a_connector_that_fails_while_sending_leaves_the_batch_in_doubt(
    install: Install, make: Make, wrong: str
) -> None:
    install("county-connector", MODULE.replace('return Reply(Outcome.ACCEPTED, "0")', wrong))
    connector = make()
    with capture_logs() as events:
        reply = connector.submit(batch())
    assert (reply.outcome, reply.code) == (Outcome.IN_DOUBT, "connector_failed")
    assert "connector_failed" in {event["event"] for event in events}
    assert VALUE not in repr(events) + reply.message


@pytest.mark.parametrize(
    "rows",
    [
        "(RowResult(2, Outcome.ACCEPTED),)",
        "(RowResult(1, Outcome.ACCEPTED), RowResult(1, Outcome.REJECTED))",
        "(RowResult(1, Outcome.AUTH),)",
    ],
)
def test_rows_that_cannot_be_are_not_believed(install: Install, make: Make, rows: str) -> None:
    text = MODULE.replace('Reply(Outcome.ACCEPTED, "0")', f"Reply(Outcome.ACCEPTED, rows={rows})")
    text = text.replace(
        "BatchReport(BatchProgress.UNKNOWN_BATCH, Reply(Outcome.RECEIVED))",
        f"BatchReport(BatchProgress.COMPLETE, Reply(Outcome.RECEIVED), {rows})",
    )
    install("county-connector", text)
    connector = make()
    reply = connector.submit(batch())
    assert (reply.outcome, reply.rows) == (Outcome.IN_DOUBT, ())
    asked = replace(sent("B1"), batch=batch())
    report = connector._receipts.poll(asked)  # type: ignore[union-attr] # there is a source
    assert (report.progress, report.rows) == (BatchProgress.NO_ANSWER, ())


def wrong_answers(call: str, *wrong: str) -> list[Any]:
    right = {
        "submit": 'return Reply(Outcome.ACCEPTED, "0")',
        "poll": "return BatchReport(BatchProgress.UNKNOWN_BATCH, Reply(Outcome.RECEIVED))",
        "query": "return KeyReport(Reply(Outcome.RECEIVED), (LedgerEntry(key, {}),))",
        "ledger": "return LedgerPage(Reply(Outcome.RECEIVED), complete=True)",
        "probe": 'return Probe(ok=True, checks=(("线路", True, "通"),))',
    }[call]
    return [pytest.param(right, f"return {one}", id=f"{call}: {one}") for one in wrong]


NAIVE = "__import__('datetime').datetime(2026, 11, 20)"


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        *wrong_answers(
            "submit",
            'Reply("accepted")',
            'Reply("geheim")',
            "Reply(Outcome.ACCEPTED, code=0)",
            "Reply(Outcome.ACCEPTED, rows=None)",
            "Reply(Outcome.ACCEPTED, rows=[RowResult(1, Outcome.ACCEPTED)])",
            "Reply(Outcome.ACCEPTED, rows=(None,))",
            'Reply(Outcome.ACCEPTED, rows=(RowResult("1", Outcome.ACCEPTED),))',
            'Reply(Outcome.ACCEPTED, rows=(RowResult(1, "accepted"),))',
            f"Reply(Outcome.ACCEPTED, rows=(RowResult(1, Outcome.ACCEPTED, at={NAIVE}),))",
            "Reply(Outcome.RATE_LIMITED, retry_after=float('nan'))",
            "Reply(Outcome.RETRYABLE, rows=(RowResult(1, Outcome.ACCEPTED),))",
            "Reply(Outcome.RATE_LIMITED, rows=(RowResult(1, Outcome.RECEIVED),))",
            "Reply(Outcome.AUTH, rows=(RowResult(1, Outcome.ACCEPTED),))",
        ),
        *wrong_answers(
            "poll",
            "BatchReport(BatchProgress.COMPLETE, Reply(Outcome.RECEIVED), rows=None)",
            'BatchReport("complete", Reply(Outcome.RECEIVED))',
            'BatchReport(BatchProgress.UNKNOWN_BATCH, Reply("received"))',
            "BatchReport(BatchProgress.UNKNOWN_BATCH, None)",
            *(
                f"BatchReport(BatchProgress.{progress}, Reply(Outcome.RECEIVED), "
                "(RowResult(1, Outcome.ACCEPTED),))"
                for progress in ("REFUSED", "UNKNOWN_BATCH", "NO_ANSWER")
            ),
        ),
        *wrong_answers(
            "query",
            "KeyReport(Reply(Outcome.RECEIVED), None, None)",
            "KeyReport(Reply(Outcome.RECEIVED), [])",
            "KeyReport(Reply(Outcome.RECEIVED), ({},))",
            "KeyReport(Reply(Outcome.RECEIVED), (LedgerEntry(key, {'XK_NR': 5}),))",
            f"KeyReport(Reply(Outcome.RECEIVED), (LedgerEntry(key, {{}}, at={NAIVE}),))",
        ),
        *wrong_answers(
            "ledger",
            "LedgerPage(Reply(Outcome.RECEIVED), entries=None, complete=True)",
            "LedgerPage(Reply(Outcome.RECEIVED), complete=1)",
            "LedgerPage(Reply(Outcome.RECEIVED), "
            f"(LedgerEntry('文1', {{}}, at={NAIVE}),), complete=True)",
        ),
        *wrong_answers("probe", "Probe(ok=1)", "Probe(ok=True, checks=None)"),
    ],
)
def test_an_answer_that_is_not_of_the_contract_claims_nothing(
    install: Install, make: Make, right: str, wrong: str
) -> None:
    assert right in MODULE
    install("county-connector", MODULE.replace(right, wrong))
    connector = make()
    receipts = connector._receipts
    assert receipts is not None
    told = (
        connector.submit(batch()).outcome is Outcome.ACCEPTED,
        receipts.poll(replace(sent("B1"), batch=batch())).progress is BatchProgress.UNKNOWN_BATCH,
        connector.query("permit", "文1").entries is not None,
        connector.ledger("permit", DAY, DAY).complete,
        connector.probe().ok,
    )
    assert told.count(False) == 1
    assert connector.submit(batch()).outcome in {Outcome.ACCEPTED, Outcome.IN_DOUBT}
    assert connector.submit(batch()).rows == ()


def test_rows_at_fault_go_with_a_delivery_of_which_nothing_was_taken(
    install: Install, make: Make
) -> None:
    rows = "rows=(RowResult(1, Outcome.REJECTED),)"
    install(
        "county-connector", MODULE.replace('Outcome.ACCEPTED, "0"', f"Outcome.RETRYABLE, {rows}")
    )
    reply = make().submit(batch(2))
    assert (reply.outcome, reply.rows[0].outcome) == (Outcome.RETRYABLE, Outcome.REJECTED)


@pytest.mark.parametrize("wrong", ["raise ValueError('geheim')", "return 'text'", "return None"])
def test_a_connector_that_cannot_tell_what_it_sends_is_not_asked_to_send(
    install: Install, make: Make, wrong: str
) -> None:
    install(
        "county-connector",
        MODULE
        + f"\n    def render(self, batch):\n        {wrong}\n".replace(
            "\n    def", "\nclass Theirs(Ours):\n    def", 1
        )
        + "\nbuild = Theirs\n",
    )
    connector = make()
    with capture_logs() as events:
        reply = connector.submit(batch())
        with pytest.raises(SettingsError) as refused:
            connector.render(batch())
    assert (reply.outcome, reply.code) == (Outcome.RETRYABLE, "connector_failed")
    assert inner(connector).calls == []
    assert "geheim" not in repr(events) + reply.message + refused.value.message


def test_what_the_platform_can_be_asked_is_of_the_contract_too(
    install: Install, make: Make
) -> None:
    install("county-connector", MODULE.replace("visible_after=5", "visible_after='5'"))
    assert "capabilities" in refusal(make)


def test_records_under_another_key_are_no_answer(install: Install, make: Make) -> None:
    install("county-connector", MODULE.replace("LedgerEntry(key,", "LedgerEntry(key + '号',"))
    assert make().query("permit", "文1").entries is None


def test_questions_that_fail_claim_nothing(install: Install, make: Make) -> None:
    text = MODULE
    for head in ("query(self, kind, key)", "ledger(self, kind, start, end, page=1)", "probe(self)"):
        text = text.replace(f"def {head}:", f"def {head}:\n        raise OSError")
    install("county-connector", text)
    connector = make()
    assert connector.query("permit", "文1").entries is None
    assert not connector.ledger("permit", DAY, DAY).complete
    assert not connector.probe().ok


def test_after_closing_nothing_is_sent_or_asked(install: Install, make: Make) -> None:
    install("county-connector")
    connector = make()
    connector.close()
    connector.close()
    assert inner(connector).closed == 1
    reply = connector.submit(batch())
    assert (reply.outcome, reply.code) == (Outcome.RETRYABLE, "closed")
    assert connector.poll(sent("B1")).progress is BatchProgress.NO_ANSWER
    assert connector.query("permit", "文1").entries is None
    assert not connector.ledger("permit", DAY, DAY).complete
    assert not connector.probe().ok
    assert inner(connector).calls == []


def test_the_package_and_its_version_are_known_to_whoever_confirms(install: Install) -> None:
    assert version_of(profile()) == ""
    install("county-connector")
    assert version_of(profile()) == "county-connector 1.2"
