"""What people decide about showing records to the public, with a reason and audited (公示)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from xinqiao.adapters.base import Operation
from xinqiao.audit.append import append
from xinqiao.audit.chain import Detail, Entry
from xinqiao.clock import local_date
from xinqiao.database.tables import (
    classification,
    holding,
    publication_look,
    record,
    take_down,
    withdrawal,
)
from xinqiao.errors import InputError, RefusedError
from xinqiao.privacy.keys import KeyRing
from xinqiao.privacy.masking import mask_identity_numbers
from xinqiao.queue.changes import Change
from xinqiao.queue.holdings import may_hold
from xinqiao.queue.planning.planner import Planner
from xinqiao.queue.present import OWED, present_changes
from xinqiao.queue.publishing import (
    CHINESE,
    RELEASABLE,
    Facts,
    Standing,
    Stop,
    Why,
    facts_of,
    note_stops,
    standing,
)
from xinqiao.queue.transitions import Cause
from xinqiao.records.kinds import kind_of
from xinqiao.routing.routes import routes_of
from xinqiao.routing.severities import severities


@dataclass(frozen=True, slots=True)
class Shown:
    """What a decision means for one platform that shows records.

    Attributes:
        platform: Identifier.
        must_go: Whether it shows the record, or may come to, and has to stop.
        until: Last day on which it may show the record, where one is set.
        still_down: Why it is down still, though nothing says any more that it must be.
    """

    platform: str
    must_go: bool
    until: date | None
    still_down: Why | None = None


@dataclass(frozen=True, slots=True)
class Desk:
    """Where decisions about showing are made: one write transaction of one person.

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

    def stop(self, record_id: str, why: Why, document: str = "") -> list[Shown]:
        """Have a record shown no more; return what follows at each platform.

        Raises:
            RefusedError: It is not shown to the public at all, withdrawn, or taken down already.
        """
        self._lock(record_id)
        earlier = self.connection.execute(
            sa.select(take_down).where(take_down.c.record_id == record_id)
        ).one_or_none()
        if earlier is not None and self._now(record_id).still_down is not None:
            # what it was taken down for is so no more: the person's word takes its place
            self.connection.execute(sa.delete(take_down).where(take_down.c.record_id == record_id))
        elif earlier is not None:
            raise RefusedError(
                f"这条记录已由{earlier.actor}于 {local_date(earlier.at)} 登记下架"
                f"（{CHINESE[Why(earlier.why)]}），不必再登记",
                code="already_taken_down",
            )
        note_stops(self.connection, [Stop(record_id, why, document, self.cause.reason)], self.cause)
        return self._plan(record_id)

    def put_up(self, record_id: str) -> list[Shown]:
        """Have a record shown again that was taken down, while that is still right.

        Raises:
            RefusedError: It is not taken down, or must still not be shown: it is repaired, its
                period is over, or its class is not shown.
        """
        self._lock(record_id)
        deleted = self.connection.execute(
            sa.delete(take_down).where(take_down.c.record_id == record_id)
        )
        if not deleted.rowcount:
            raise RefusedError("这条记录没有登记下架，不必恢复", code="not_taken_down")
        now = self._now(record_id)
        if now.stopped is not None:
            raise RefusedError(
                f"这条记录{CHINESE[now.stopped]}，不能恢复公示：{_WAYS_ON[now.stopped]}",
                code=f"still_{now.stopped.value}",
            )
        self._audit("publication.restored", record_id, {})
        return self._plan(record_id)

    def look(self, record_id: str) -> list[Shown]:
        """Note that a person looked at the free text of a record and it may be shown.

        Raises:
            RefusedError: There is nothing to look at, or the text holds an identity number.
        """
        self._lock(record_id)
        change = self._present(record_id)
        doubts = self.planner.doubtful(change, self.cause)
        paths = [one.field for one in doubts]
        if not doubts:
            raise RefusedError(
                "这条记录没有等待查看的内容，不必登记（用 xinqiao publication list 查看）",
                code="nothing_to_look_at",
            )
        secret = [one.field for one in doubts if one.code not in RELEASABLE]
        if secret:
            names = "、".join(kind_of(change.kind).labels[path] for path in secret)
            raise RefusedError(
                f"{names}中有证件号码，不能公开：请在原表中删去后重新导入", code="identity_number"
            )
        self.connection.execute(
            sa.delete(publication_look).where(publication_look.c.record_id == record_id)
        )
        self.connection.execute(
            sa.insert(publication_look),
            {
                "record_id": record_id,
                "version": change.version,
                "reason": mask_identity_numbers(self.cause.reason),
                "actor": self.cause.actor,
                "at": self.cause.at,
            },
        )
        details: dict[str, Detail] = {"version": change.version, "fields": "、".join(paths)}
        self._audit("publication.allowed", record_id, details)
        return self._plan(record_id)

    def classify(
        self, record_id: str, severity: str, document: str, *, published: bool
    ) -> list[Shown]:
        """Note how grave a person says the dishonesty is; the period follows from it.

        Args:
            record_id: Which record.
            severity: The class.
            document: What it rests on.
            published: Whether the record is shown although its class is in principle not.

        Raises:
            InputError: Records of this kind have no class, or there is none of that name.
        """
        self._lock(record_id)
        change = self._present(record_id)
        found = severities().of(change.kind, severity)
        if found is None:
            names = "、".join(kind_of(kind).name for kind in sorted(severities().kinds))
            raise InputError(
                f"失信程度只用于{names}，可填的是：{'、'.join(severities().classes)}",
                code="no_such_class",
            )
        self.connection.execute(
            sa.delete(classification).where(classification.c.record_id == record_id)
        )
        self.connection.execute(
            sa.insert(classification),
            {
                "record_id": record_id,
                "severity": severity,
                "published": published,
                "reason": mask_identity_numbers(self.cause.reason),
                "document": mask_identity_numbers(document),
                "actor": self.cause.actor,
                "at": self.cause.at,
            },
        )
        details: dict[str, Detail] = {
            "severity": severity,
            "document": mask_identity_numbers(document),
            "published": published,
        }
        self._audit("publication.classified", record_id, details)
        return self._plan(record_id)

    def _lock(self, record_id: str) -> None:
        """Let nobody else decide about the record meanwhile.

        Raises:
            RefusedError: It is withdrawn, or of a kind that is shown to nobody.
        """
        kind = self.connection.execute(
            sa.select(record.c.kind).where(record.c.id == record_id).with_for_update()
        ).scalar_one()
        if not any(route.publishes for route in routes_of(kind)):
            raise RefusedError(
                f"{kind_of(kind).name}不向社会公开，没有公示可以处置", code="never_shown"
            )
        withdrawn = sa.select(sa.exists().where(withdrawal.c.record_id == record_id))
        if self.connection.execute(withdrawn).scalar_one():
            raise RefusedError("这条记录已登记撤回，不再公示", code="withdrawn")

    def _present(self, record_id: str) -> Change:
        return present_changes(self.connection, [record_id], self.keys)[0]

    def _now(self, record_id: str) -> Standing:
        change = self._present(record_id)
        facts = facts_of(self.connection, [record_id]).get(record_id, Facts())
        today = local_date(self.cause.at)
        return standing(change.kind, change.content, change.decided_on, facts, today)

    def _audit(self, action: str, record_id: str, details: Mapping[str, Detail]) -> None:
        entry = Entry(action, record_id=record_id, reason=self.cause.reason, details=details)
        append(self.connection, [entry], actor=self.cause.actor, at=self.cause.at)

    def _plan(self, record_id: str) -> list[Shown]:
        changes = present_changes(self.connection, [record_id], self.keys, *OWED)
        self.planner.plan_publication(self.connection, changes, self.cause)
        return self._shown(record_id)

    def _shown(self, record_id: str) -> list[Shown]:
        holders = may_hold(self.connection, [record_id])
        still_down = self._now(record_id).still_down
        statement = (
            sa.select(holding.c.platform, holding.c.wanted_version, holding.c.shown_until)
            .where(
                holding.c.record_id == record_id,
                holding.c.removal == Operation.TAKE_DOWN.value,
            )
            .order_by(holding.c.platform)
        )
        return [
            Shown(
                row.platform,
                must_go=row.wanted_version is None and (record_id, row.platform) in holders,
                until=row.shown_until,
                still_down=still_down,
            )
            for row in self.connection.execute(statement)
        ]


_WAYS_ON: Mapping[Why, str] = {
    Why.REPAIRED: "修复记录有误的，先更正或撤回修复记录",
    Why.ENDED: "公示期或失信程度有误的，先更正（xinqiao publication classify）",
    Why.MINOR: "确需公示的先用 xinqiao publication classify --publish 登记",
}
"""What must not be shown by itself → what a person can do first."""
