"""Where a second person approves versions, or returns them to their department (审核).

What is said binds to the version that was looked at: a newer one needs its own review, and reading
the same row in again makes none.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from xinqiao.audit.append import append
from xinqiao.audit.chain import Entry
from xinqiao.clock import local_date
from xinqiao.database.chunks import in_chunks
from xinqiao.database.tables import (
    PRESENT_VERSION,
    holding,
    import_run,
    record,
    record_version,
    review,
    withdrawal,
)
from xinqiao.privacy.keys import KeyRing
from xinqiao.privacy.masking import mask_identity_numbers
from xinqiao.queue.arrivals import hold_arrived
from xinqiao.queue.planning.planner import Planner
from xinqiao.queue.present import present_changes
from xinqiao.queue.reviewing import (
    AWAITING,
    RETURNED,
    Version,
    Word,
    is_named,
    last_words,
    reviews_of,
    same_person,
)
from xinqiao.queue.transitions import Cause
from xinqiao.queue.verbs import Obstacle
from xinqiao.records.kinds import kind_of
from xinqiao.routing.exemptions import exemptions

REFUSED = "review.refused"
"""Action of the audit entry on what was not to be approved or returned."""


@dataclass(frozen=True, slots=True)
class ReviewDesk:
    """Where one person says what may be sent: one write transaction.

    Attributes:
        connection: The transaction.
        planner: Plans what follows.
        keys: To read records.
        cause: The person, when, and why.
    """

    connection: Connection
    planner: Planner
    keys: KeyRing
    cause: Cause

    def decide(self, asked: Sequence[Version], *, approved: bool) -> dict[Version, Obstacle]:
        """Approve versions, or return them; what stands in the way of one stops no other.

        Args:
            asked: Records that exist, each with the version that the person looked at.
            approved: Whether they may be sent; False to return them to their department.

        Returns:
            Version → why nothing was said of it. Nothing else was left undone.
        """
        facts = self._facts(asked)
        obstacles = {
            version: obstacle
            for version in asked
            if (obstacle := self._obstacle(facts[version[0]], version, approved=approved))
        }
        done = [version for version in asked if version not in obstacles]
        self._note(done, facts, approved=approved)
        changes = present_changes(self.connection, [one for one, _ in done], self.keys)
        self.planner.plan_reviews(self.connection, changes, self.cause)
        hold_arrived(self.connection, self.planner, changes, self.keys, self.cause)
        return obstacles

    def _note(
        self, done: Sequence[Version], facts: Mapping[str, "_Facts"], *, approved: bool
    ) -> None:
        if not done:
            return
        reason = mask_identity_numbers(self.cause.reason)
        self.connection.execute(
            sa.insert(review),
            [
                {
                    "record_id": record_id,
                    "version": version,
                    "approved": approved,
                    "reason": reason,
                    "actor": self.cause.actor,
                    "at": self.cause.at,
                }
                for record_id, version in done
            ],
        )
        entries = [
            Entry(
                "review.approved" if approved else "review.returned",
                record_id=record_id,
                reason=reason,
                details={"version": version, "importer": facts[record_id].importer},
            )
            for record_id, version in done
        ]
        append(self.connection, entries, actor=self.cause.actor, at=self.cause.at)

    def _obstacle(self, row: "_Facts", asked: Version, *, approved: bool) -> Obstacle | None:
        return (
            self._of_the_record(row)
            or self._of_the_version(row, asked[1])
            or (self._of_approving(row) if approved else self._of_returning(row))
        )

    def _of_the_record(self, row: "_Facts") -> Obstacle | None:
        """Return why the record is never sent, or never reviewed."""
        kind = kind_of(row.kind)
        if kind.incoming:
            return Obstacle("incoming", f"{kind.name}由平台发回，不由本单位报送，不必审核")
        if row.withdrawn:
            return Obstacle("withdrawn", "这条记录已登记撤回，不再报送，不必审核")
        if row.exemption is not None:
            rule = exemptions()[row.exemption]
            return Obstacle("exempt", f"这条记录不报送（{rule.title}），不必审核")
        if row.kind not in self.planner.reviewed and row.code is None:
            return Obstacle(
                "no_review",
                f"{kind.name}没有设报送前审核，不必审核：要审核的在 xinqiao.toml 的 [review] 里写 "
                f'{row.kind} = "required"，再执行 xinqiao routes apply',
            )
        return None

    @staticmethod
    def _of_the_version(row: "_Facts", asked: int) -> Obstacle | None:
        """Return why there is nothing to be said of the version that was looked at."""
        if row.version != asked:
            return Obstacle(
                "changed",
                f"这条记录又导入了新的版本（第 {row.version} 版，看过的是第 {asked} 版），"
                "没有登记：请用 xinqiao review show 看过新的版本再审核",
            )
        if not row.valid:
            return Obstacle("invalid", "这条记录本身有错误，改正后重新导入才能审核")
        return None

    def _of_approving(self, row: "_Facts") -> Obstacle | None:
        if row.word is not None and row.word.approved:
            return Obstacle("already_approved", f"这一版已经批准（{_said(row.word)}），不必再审核")
        if row.code is None:
            return _nothing_waits(row)
        if not is_named(self.cause.actor):
            return Obstacle(
                "unnamed", "系统不知道您的登录名，不能证明您不是导入人：请用自己的账号登录后再审核"
            )
        if same_person(self.cause.actor, row.importer):
            return Obstacle(
                "own_import",
                f"这一版是您本人（{row.importer}）导入的，须由另一人审核",
            )
        return None

    @staticmethod
    def _of_returning(row: "_Facts") -> Obstacle | None:
        if row.word is not None and not row.word.approved and row.code is not None:
            return Obstacle(
                "already_returned",
                f"这一版已经退回（{_said(row.word)}），等科室改正后重新导入",
            )
        if row.code is not None:
            return None
        if row.word is not None and row.word.approved and not row.gone:
            # thought better of before anything left
            return None
        return _nothing_waits(row)

    def _facts(self, asked: Sequence[Version]) -> dict[str, "_Facts"]:
        ids = sorted({record_id for record_id, _ in asked})
        rows = [row for chunk in in_chunks(ids) for row in self._rows(chunk)]
        words = last_words(self.connection, [(row.id, row.version) for row in rows])
        changes = present_changes(self.connection, ids, self.keys)
        gone = {one: found.gone for one, found in reviews_of(self.connection, changes).items()}
        codes = self._codes(ids)
        return {
            row.id: _Facts(
                kind=row.kind,
                version=row.version,
                valid=row.valid,
                exemption=row.exemption,
                withdrawn=row.withdrawn,
                importer=row.actor,
                word=words.get((row.id, row.version)),
                code=codes.get(row.id),
                gone=bool(gone[row.id]),
            )
            for row in rows
        }

    def _rows(self, ids: Sequence[str]) -> Sequence[Any]:
        statement = (
            sa.select(
                record.c.id,
                record.c.kind,
                record.c.exemption,
                record_version.c.version,
                record_version.c.valid,
                import_run.c.actor,
                sa.exists().where(withdrawal.c.record_id == record.c.id).label("withdrawn"),
            )
            .join(record_version, PRESENT_VERSION)
            .join(import_run, import_run.c.id == record_version.c.import_run_id)
            .where(record.c.id.in_(ids))
            .with_for_update(of=record)
        )
        return self.connection.execute(statement).all()

    def _codes(self, ids: Sequence[str]) -> dict[str, str]:
        """Return record → what a review found at a platform, of those that wait for one."""
        found: dict[str, str] = {}
        for chunk in in_chunks(ids):
            statement = sa.select(holding.c.record_id, holding.c.findings).where(
                holding.c.record_id.in_(chunk), holding.c.wanted_version.is_not(None)
            )
            for record_id, findings in self.connection.execute(statement):
                for one in findings:
                    if one["code"] in (AWAITING, RETURNED):
                        found[record_id] = one["code"]
        return found


@dataclass(frozen=True, slots=True)
class _Facts:
    """What decides whether something is to be said of a record's present version.

    Attributes:
        kind: Its kind.
        version: Number of the present version.
        valid: Whether that has no errors of its own.
        exemption: Why nobody is owed it; None when somebody is.
        withdrawn: Whether it is withdrawn.
        importer: Who imported the present version.
        word: What was said of it last.
        code: What a review found at a platform; None where nothing waits for one.
        gone: Whether a platform holds it, or may come to.
    """

    kind: str
    version: int
    valid: bool
    exemption: str | None
    withdrawn: bool
    importer: str
    word: Word | None
    code: str | None
    gone: bool


def _said(word: Word) -> str:
    return f"{word.actor}，{local_date(word.at)}"


def _nothing_waits(row: _Facts) -> Obstacle:
    if row.gone:
        return Obstacle(
            "already_sent",
            "这一版已经报送或正在报送，不再审核：有误的请改正后重新导入，"
            "决定已撤销的用 xinqiao withdraw",
        )
    return Obstacle(
        "nothing_waits",
        "这一版现在不等待审核：没有平台接收它，或者还有错误、待查看的须先处理"
        "（用 xinqiao routes explain 查看）",
    )
