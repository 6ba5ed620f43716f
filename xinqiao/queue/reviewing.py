"""What a second person says of a version before it is sent (报送前审核).

《山东省社会信用条例》第十六条: the unit that provides information verifies it before. Where a kind
is to be reviewed, a version that nobody but its importer has seen has a finding on its holdings,
like any other reason why a version cannot be sent: no submission exists until another person
approves it, and what is owed stays owed with its day.

Only what discloses something waits: first reports and corrections. A withdrawal or a taking down
discloses nothing, the law counts its days too (条例第四十条, 行政处罚法第四十八条), and what is
wrong must not stay up because somebody is out of the office. What comes back from platforms is
never sent, so it is never reviewed.
"""

import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from xinqiao.clock import local_date
from xinqiao.database.chunks import in_chunks
from xinqiao.database.tables import holding, review, submission
from xinqiao.queue.changes import Change
from xinqiao.queue.states import OPEN, State
from xinqiao.records.findings import Finding, Severity

AWAITING = "awaiting_review"
"""Code of the finding on a version that no second person has approved."""

RETURNED = "review_returned"
"""Code of the finding on a version that a second person gave back to its department."""

CODES = frozenset({AWAITING, RETURNED})
"""Codes of the findings that a review puts on a holding."""

Version = tuple[str, int]
"""A record and the number of one of its versions."""


@dataclass(frozen=True, slots=True)
class Word:
    """What was said last of one version.

    Attributes:
        approved: Whether it may be sent; False where it was returned to its department.
        reason: In the person's words, masked; may be empty.
        actor: Who said so.
        at: When.
    """

    approved: bool
    reason: str
    actor: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Review:
    """How the present version of a record stands with its review.

    Attributes:
        finding: Why it cannot be sent; None where it is approved, or of a kind that needs none.
        gone: Platforms that hold this very version or may come to: there is nothing to hold back.
    """

    finding: Finding | None = None
    gone: frozenset[str] = frozenset()

    def at(self, platform: str) -> list[Finding]:
        """Return what keeps the version from being sent to ``platform``."""
        return [] if self.finding is None or platform in self.gone else [self.finding]


NOT_REVIEWED = Review()
"""Of a kind that needs no review."""


def reviews_of(connection: Connection, changes: Sequence[Change]) -> dict[str, Review]:
    """Return record → how its present version stands with its review.

    Args:
        connection: The transaction.
        changes: The present versions of records whose kind is to be reviewed.
    """
    present = {(change.record_id, change.version) for change in changes}
    said = last_words(connection, present)
    gone = _gone(connection, present)
    return {
        record_id: Review(
            _finding(said.get((record_id, version))), frozenset(gone.get(record_id, ()))
        )
        for record_id, version in present
    }


def last_words(connection: Connection, versions: Collection[Version]) -> dict[Version, Word]:
    """Return version → what was said of it last, of those of which anything was."""
    found: dict[Version, Word] = {}
    wanted = set(versions)
    for chunk in in_chunks(sorted({record_id for record_id, _ in wanted})):
        statement = sa.select(review).where(review.c.record_id.in_(chunk)).order_by(review.c.id)
        for row in connection.execute(statement):
            if (row.record_id, row.version) in wanted:
                found[row.record_id, row.version] = Word(
                    row.approved, row.reason, row.actor, row.at
                )
    return found


def of_reviews(findings: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return those of a holding's findings that a review put there."""
    return [one for one in findings if one["code"] in CODES]


def says(code: str) -> sa.ColumnElement[bool]:
    """Return the condition that a holding has a finding of ``code``."""
    return sa.cast(holding.c.findings, sa.Text).contains(f'"{code}"', autoescape=True)


def same_person(one: str, other: str) -> bool:
    """Tell whether two login names are one person's, as far as names can tell.

    Widths, case and blanks make no difference, nor does the domain that a directory puts before or
    behind the name: rather two people are taken for one than one for two.
    """
    return _login(one) == _login(other)


def is_named(actor: str) -> bool:
    """Tell whether an actor has a login name at all; see :func:`xinqiao.opening.person`."""
    return bool(_login(actor)) and not actor.startswith("uid ")


def _login(actor: str) -> str:
    plain = unicodedata.normalize("NFKC", actor).casefold().strip()
    return plain.rpartition("\\")[2].partition("@")[0].strip()


def _finding(word: Word | None) -> Finding | None:
    if word is None:
        return Finding(
            "",
            AWAITING,
            Severity.WARNING,
            "等待审核：导入人以外的人用 xinqiao review approve 批准后才报送",
        )
    if word.approved:
        return None
    return Finding(
        "",
        RETURNED,
        Severity.ERROR,
        f"审核退回（{word.actor}，{local_date(word.at)}）：{word.reason}；请改正后重新导入",
    )


def _gone(connection: Connection, present: Collection[Version]) -> dict[str, set[str]]:
    """Return record → platforms that hold its present version, or may come to."""
    found: dict[str, set[str]] = {}
    under_way = sa.and_(
        submission.c.state.in_(sorted(OPEN - {State.READY})),
        # what a person or the claim rule holds back never left, unless its request had begun
        sa.or_(
            submission.c.state != State.HELD.value, submission.c.request_started_at.is_not(None)
        ),
    )
    for chunk in in_chunks(sorted(present)):
        ids = [record_id for record_id, _ in chunk]
        for statement in (
            sa.select(holding.c.record_id, holding.c.platform, holding.c.held_version).where(
                holding.c.record_id.in_(ids), holding.c.held_version.is_not(None)
            ),
            sa.select(submission.c.record_id, submission.c.platform, submission.c.version).where(
                submission.c.record_id.in_(ids), under_way
            ),
        ):
            for record_id, platform, version in connection.execute(statement):
                if (record_id, version) in present:
                    found.setdefault(record_id, set()).add(platform)
    return found
