"""What a person has done about a difference (差异处置), with all that has to be true for it.

A report goes out again only where a ledger that was read to its end proved that the record is not
there, nothing has changed since, and nothing about it is under way or in doubt.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from xinqiao.database.tables import OPEN, difference, holding, record, submission
from xinqiao.errors import InputError, RefusedError
from xinqiao.privacy.keys import KeyRing
from xinqiao.privacy.masking import mask_identity_numbers
from xinqiao.queue.disproving import believe_shown, report_again, send_over
from xinqiao.queue.holdings import Holding, read_holdings
from xinqiao.queue.operations import Evidence
from xinqiao.queue.states import CHINESE, State
from xinqiao.queue.transitions import Cause
from xinqiao.reconcile.differences.catalogue import ACTIONS, nature_of
from xinqiao.reconcile.differences.store import close
from xinqiao.reconcile.key_hash import hash_of_key
from xinqiao.reconcile.ledgers.readings import last_reading

_AGAIN = "请再执行 xinqiao reconcile，以新的对账结果为准"

Row = sa.Row[Any]


def act(
    connection: Connection,
    number: int,
    action: str,
    evidence: Sequence[Evidence],
    keys: KeyRing,
    cause: Cause,
) -> None:
    """Do ``action`` about a difference, and close it.

    Args:
        connection: A write transaction.
        number: Of the difference.
        action: One of :data:`~xinqiao.reconcile.differences.catalogue.ACTIONS`.
        evidence: Files that were shown.
        keys: Of the workspace.
        cause: Who, when and why.

    Raises:
        InputError: There is no such difference.
        RefusedError: As things stand it cannot be done; the message says why, and what can be.
    """
    row = open_difference(connection, number)
    nature = nature_of(row.what, str(row.details.get("why", "")))
    if action not in nature.actions:
        raise RefusedError(
            f"差异 {number}（{nature.title}）不能{ACTIONS[action]}：{nature.advice}",
            code="action_unfit",
        )
    _ACTS[action](connection, row, keys, cause)
    shown = [
        {"file": mask_identity_numbers(one.file_name), "sha256": one.sha256} for one in evidence
    ]
    close(connection, [number], action, cause, shown)


def open_difference(connection: Connection, number: int) -> Row:
    """Return an open difference.

    Raises:
        InputError: There is none of that number.
        RefusedError: It is closed.
    """
    statement = sa.select(difference).where(difference.c.id == number).with_for_update()
    row = connection.execute(statement).one_or_none()
    if row is None:
        raise InputError(f"没有编号为 {number} 的差异；用 xinqiao reconcile items list 查看")
    if row.closed_at is not None:
        raise RefusedError(
            f"差异 {number} 已经办结，不必再处置；经过见 xinqiao reconcile items show {number}",
            code="difference_closed",
        )
    return row


def _resend(connection: Connection, row: Row, keys: KeyRing, cause: Cause) -> None:
    held = _place(connection, row)
    _require_key(held, row, keys)
    _require_settled(connection, held, row)
    _require_whole_reading(connection, row)
    if held.wanted_version is None:
        raise RefusedError("这条记录不再报送到该平台，平台没有正合适；请再对一次账，本项会自动办结")
    if held.findings:
        raise RefusedError(
            "这条记录的现行版本还不能报送：用 xinqiao corrections 查看，改正导入后再处置"
        )
    report_again(connection, held, cause)


def _correct(connection: Connection, row: Row, keys: KeyRing, cause: Cause) -> None:
    held = _place(connection, row)
    _require_settled(connection, held, row)
    if held.wanted_version is None:
        raise RefusedError("这条记录不再报送到该平台，不能更正；要撤下的用 --action withdraw")
    if held.findings:
        raise RefusedError(
            "这条记录的现行版本还不能报送：用 xinqiao corrections 查看，改正导入后再处置"
        )
    if row.what == "different":
        _require_key(held, row, keys)
        send_over(connection, held, cause)
        return
    _believe_shown(connection, held, row, keys, cause)


def _withdraw(connection: Connection, row: Row, keys: KeyRing, cause: Cause) -> None:
    held = _place(connection, row)
    _require_settled(connection, held, row)
    if held.wanted_version is not None:
        raise RefusedError(
            "这条记录现在应当在平台上，不能撤下；决定已撤销的先用 xinqiao withdraw 登记"
        )
    _believe_shown(connection, held, row, keys, cause)


def _accept_theirs(_connection: Connection, _row: Row, _keys: KeyRing, _cause: Cause) -> None:
    """Nothing else changes: the reason is kept with the difference."""


_ACTS: Mapping[str, Callable[[Connection, Row, KeyRing, Cause], None]] = {
    "resend": _resend,
    "correct": _correct,
    "withdraw": _withdraw,
    "accept-theirs": _accept_theirs,
}


def _believe_shown(
    connection: Connection, held: Holding, row: Row, keys: KeyRing, cause: Cause
) -> None:
    if held.held_version is not None:
        raise RefusedError(f"本系统现在认为平台持有这条记录，与对账时不同。{_AGAIN}")
    statement = (
        sa.select(submission.c.platform_key, submission.c.version)
        .where(
            submission.c.record_id == held.record_id,
            submission.c.holding_id == held.id,
            submission.c.platform_key.is_not(None),
        )
        .order_by(submission.c.id.desc())
    )
    for key, version in connection.execute(statement):
        if hash_of_key(keys, row.platform, row.kind, key) == row.key_hash:
            _require_free(connection, held, key)
            reference = str(row.details.get("reference", ""))
            believe_shown(connection, held, key, reference, version, cause)
            return
    raise RefusedError(f"找不到以这个编号报送过的报送件。{_AGAIN}")


def _require_free(connection: Connection, held: Holding, key: str) -> None:
    """Refuse where another record is held, or being sent, under the very key.

    Raises:
        RefusedError: So it is: what went out would hit that record.
    """
    holds = sa.select(holding.c.record_id).where(
        record.c.id == holding.c.record_id,
        record.c.kind == held.kind,
        holding.c.held_key == key,
        holding.c.platform == held.platform,
        holding.c.held_version.is_not(None),
        holding.c.id != held.id,
    )
    sends = sa.select(submission.c.record_id).where(
        submission.c.platform_key == key,
        submission.c.platform == held.platform,
        submission.c.kind == held.kind,
        submission.c.holding_id != held.id,
        OPEN,
    )
    other = connection.execute(holds.union_all(sends)).scalars().first()
    if other is not None:
        raise RefusedError(
            f"同一编号下现在是另一条记录（{other}），不能再以本条处置。{_AGAIN}",
            code="key_of_another",
        )


def _place(connection: Connection, row: Row) -> Holding:
    where = sa.and_(holding.c.record_id == row.record_id, holding.c.platform == row.platform)
    found = read_holdings(connection, where)
    if not found:
        raise RefusedError("本系统没有这条记录在该平台的报送计划，不能由本系统处置；请在平台上办理")
    return found[0]


def _require_key(held: Holding, row: Row, keys: KeyRing) -> None:
    believed = held.held_version is not None and (
        hash_of_key(keys, row.platform, row.kind, held.held_key or "") == row.key_hash
    )
    if not believed:
        raise RefusedError(f"对账以后，本系统对平台持有的记载已经变了。{_AGAIN}")


def _require_settled(connection: Connection, held: Holding, row: Row) -> None:
    """Refuse while something is under way, and where something changed since the ledger was read.

    Raises:
        RefusedError: So it is.
    """
    statement = sa.select(submission.c.id, submission.c.state).where(
        submission.c.holding_id == held.id, OPEN
    )
    busy = connection.execute(statement).first()
    if busy is not None:
        raise RefusedError(
            f"报送件 {busy.id} 还是“{CHINESE[State(busy.state)]}”，有了结果才能处置；"
            "待报送、报送中、待核实的等 xinqiao sync 办完，已挂起、有冲突的先用 "
            "xinqiao queue resolve 登记",
            code="under_way",
        )
    changed = sa.select(holding.c.updated_at).where(holding.c.id == held.id)
    if connection.execute(changed).scalar_one() > row.last_seen_at:
        raise RefusedError(f"对账以后这条记录又有变动。{_AGAIN}", code="changed_since")


def _require_whole_reading(connection: Connection, row: Row) -> None:
    """Refuse where the last reading of the ledger was cut off, or is under way.

    Raises:
        RefusedError: So it is.
    """
    last = last_reading(connection, row.platform, row.kind)
    if last is None or last.finished_at is None:
        raise RefusedError("台账正在读取，或上次读取被中断。" + _AGAIN, code="ledger_cut")
    if last.incomplete:
        raise RefusedError(
            f"最近一次台账没有读全（{last.incomplete}），不能据此重报。{_AGAIN}", code="ledger_cut"
        )
    if row.seen_by != last.id:
        raise RefusedError(
            "最近一次台账没有读到这一条所在的日子，以前的对账不能作为现在重报的依据；"
            f"请执行 xinqiao reconcile --platform {row.platform} --full 再对一次",
            code="proof_too_old",
        )
