"""The form of an entry is pinned: logs of today must be provable for as long as they are kept."""

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from tests.support import START
from xinqiao.audit.chain import GENESIS, Entry, body_of, hash_of
from xinqiao.privacy.masking import MASK

NUMBER = "370323190501010018"
GOLDEN = (
    '{"action":"submission.accepted","actor":"张三@主机/1","algorithm":"sha256",'
    '"at":"2026-11-20T02:00:00+00:00","details":{"attempts":2,"code":null,"late":false,'
    '"note":"“回执”\\n\\"0000\\""},"format":"xinqiao-audit/1","platform":"credit_shandong",'
    '"previous":"' + "0" * 64 + '","reason":"平台已入库","record":"r-1","sequence":1,'
    '"submission":7}'
)
GOLDEN_EMPTY = (
    '{"action":"import.finished","actor":"hub","algorithm":"sha256",'
    '"at":"2026-11-20T02:00:00+00:00","details":{},"format":"xinqiao-audit/1","platform":null,'
    '"previous":"' + "f" * 64 + '","reason":"","record":null,"sequence":2,"submission":null}'
)


def test_the_text_of_an_entry_is_pinned() -> None:
    entry = Entry(
        "submission.accepted",
        record_id="r-1",
        submission_id=7,
        platform="credit_shandong",
        reason="平台已入库",
        details={"note": '“回执”\n"0000"', "late": False, "code": None, "attempts": 2},
    )
    body = body_of(entry, sequence=1, at=START, actor="张三@主机/1", previous=GENESIS)
    assert body == GOLDEN
    assert hash_of(body) == "7ceb95af1f836951a78202c0f31bccdc9a852bd89283caf3e0a2ba9db46cd046"


def test_the_text_of_an_entry_without_particulars_is_pinned() -> None:
    body = body_of(Entry("import.finished"), sequence=2, at=START, actor="hub", previous="f" * 64)
    assert body == GOLDEN_EMPTY


TEXTS = st.text(st.characters(codec="utf-8"))
DETAILS = st.dictionaries(TEXTS, TEXTS | st.integers(-(2**53) + 1, 2**53 - 1) | st.booleans())


@given(TEXTS, DETAILS)
def test_the_text_is_canonical_json_whatever_it_holds(
    reason: str, details: dict[str, str | int | bool | None]
) -> None:
    entry = Entry("action", reason=reason, details=details)
    body = body_of(entry, sequence=1, at=START, actor="hub", previous=GENESIS)
    assert rfc8785.dumps(json.loads(body)).decode() == body


def test_reason_and_details_are_masked() -> None:
    entry = Entry("action", reason=f"证号{NUMBER}有误", details={"message": f"[{NUMBER}]", "n": 1})
    body = body_of(entry, sequence=1, at=START, actor="hub", previous=GENESIS)
    assert NUMBER not in body
    plain = json.loads(body)
    assert plain["reason"] == f"证号{MASK}有误"
    assert plain["details"] == {"message": f"[{MASK}]", "n": 1}


def test_bytes_that_are_no_text_are_written_readably() -> None:
    """A terminal or a file name in another encoding must not stop the entry."""
    undecoded = b"\xd0\xed".decode(errors="surrogateescape")
    entry = Entry("action", reason=undecoded, details={"file": undecoded})
    plain = json.loads(body_of(entry, sequence=1, at=START, actor="hub", previous=GENESIS))
    assert plain["reason"] == plain["details"]["file"] == "\\udcd0\\udced"


def test_an_instant_without_zone_is_refused() -> None:
    naive = datetime(2026, 11, 20, 10, 0)  # noqa: DTZ001 - the point of the test
    with pytest.raises(ValueError, match="without a zone"):
        body_of(Entry("action"), sequence=1, at=naive, actor="hub", previous=GENESIS)


@given(st.sampled_from(["at", "actor", "previous", "sequence"]))
def test_every_part_changes_the_hash(part: str) -> None:
    given_values = {"sequence": 1, "at": START, "actor": "hub", "previous": GENESIS}
    other = {"sequence": 2, "at": START.replace(tzinfo=timezone(timedelta(hours=8)))}
    changed = given_values | {part: other.get(part, "x")}

    def digest(values: dict[str, object]) -> str:
        return hash_of(body_of(Entry("action"), **values))  # type: ignore[arg-type] # chosen by name

    assert START.tzinfo is UTC
    assert digest(given_values) != digest(changed)
