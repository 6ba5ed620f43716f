"""A bureau goes live on the first of August with seven months reported by hand before.

The whole year's workbook is imported as it is, the ledgers are taken over, and the bureau works on:
corrections, withdrawals, new decisions, a second adoption, reconciling. Nothing old is overdue and
nothing is sent twice, by the platforms' own journals.
"""

from collections import Counter
from datetime import date, timedelta

from tests.life.bureau import REVOKED, SHARING, SITE
from tests.reconcile.adoption.office import START, Office
from xinqiao.adapters.base import LedgerEntry
from xinqiao.database.tables import duty, holding, submission
from xinqiao.queue.jobs import run_if_due
from xinqiao.queue.overdue import NOTE_OVERDUE
from xinqiao.reconcile.figures.punctuality import punctuality

FIRST_DECISION = date(2026, 1, 5)
RECORDS = 30
LATE_ENTRY = 29
"""Reported by hand, and imported here only after the adoption."""

NEVER_REPORTED = 28
"""From before the start; by mistake nobody ever reported it."""


def decided_on(serial: int) -> str:
    return (FIRST_DECISION + timedelta(days=7 * serial)).isoformat()


def is_old(serial: int) -> bool:
    return date.fromisoformat(decided_on(serial)) < START


def grow(office: Office, platform: str) -> None:
    """Let the ledger of a platform show what reached it since, as a platform would."""
    connector = office.connectors[platform]
    shown = {one.key: one for one in connector.shown}
    for batch in connector.sent:
        for row in batch.rows:
            key = f"{row.values['CF_WSH']}｜{row.values['CF_XDR_MC']}"
            if batch.operation.value in ("insert", "update"):
                shown[key] = LedgerEntry(key, row.values, f"N-{row.key}", office.clock.now())
            else:
                shown.pop(key, None)
    connector.shown = list(shown.values())


def test_nothing_old_is_overdue_and_nothing_is_sent_twice(office: Office) -> None:
    old = [serial for serial in range(RECORDS) if is_old(serial)]
    # the first two days of August are new; the platforms hold one of them already
    reported = [serial for serial in old if serial != NEVER_REPORTED] + [RECORDS]
    for serial in reported:
        for platform in (SHARING, SITE):
            day = decided_on(serial) if serial < RECORDS else "2026-08-02"
            office.shows(serial, day, platform)
    # 1. the whole year's workbook
    ids = {n: office.numbered(n, decided_on(n)) for n in old if n != LATE_ENTRY}
    ids[RECORDS] = office.numbered(RECORDS, "2026-08-02")
    ids[RECORDS + 1] = office.numbered(RECORDS + 1, "2026-08-01")
    assert {row.record_id for row in office.rows(duty)} == {ids[RECORDS], ids[RECORDS + 1]}
    # 2. what it would come to, then in earnest
    tried = office.adopt(dry_run=True)
    assert [one.name for one in tried.still_owed] == [office.number(RECORDS + 1)]
    for platform in (SHARING, SITE):
        done = office.adopt(platform)
        assert (done.adopted, done.without_record, done.different) == (len(reported) - 1, 1, 0)
        assert done.before_start == 1
    # 3. the bureau works on
    ids[LATE_ENTRY] = office.numbered(LATE_ENTRY, decided_on(LATE_ENTRY))
    office.send()
    for platform in (SHARING, SITE):
        assert [operation for operation, _ in office.sent(platform)] == ["insert"]
        assert all(office.number(RECORDS + 1) in key for _, key in office.sent(platform))
    office.pass_days(20)
    office.take_in(
        "penalty",
        ids[3],
        document_number=office.number(3),
        decision_date=decided_on(3),
        content="罚款2000元整",
    )
    office.send()
    office.pass_days((REVOKED.decided_on - office.today).days)
    office.withdraw(ids[4])
    office.send()
    # 4. a second adoption of the same ledgers, as they are by now
    for platform in (SHARING, SITE):
        grow(office, platform)
        again = office.adopt(platform)
        assert (again.adopted, again.different, again.without_record) == (0, 0, 0)
    # 5. reconciling finds nothing, and nothing is or ever was overdue
    office.pass_days(1)
    for platform in (SHARING, SITE):
        told = office.compare(platform)
        assert told.clean, told.plain()
        assert told.matched == len(reported)
    run_if_due(office.worker(), NOTE_OVERDUE)
    assert office.entries("duty.overdue") == []
    assert [row for row in office.rows(duty) if row.closed_at is None] == []
    with office.database.reading() as connection:
        for platform in (SHARING, SITE):
            for one in punctuality(
                connection, platform, FIRST_DECISION, office.today, office.clock.now()
            ):
                assert (one.late, one.overdue) == (0, 0)
    # by the platforms' own journals: one insert of a new decision, and the two changes of old ones
    for platform in (SHARING, SITE):
        assert Counter(office.sent(platform)) == {
            ("insert", office.number(RECORDS + 1)): 1,
            ("update", office.number(3)): 1,
            ("withdraw", office.number(4)): 1,
        }
    inserted = {
        row.record_id
        for row in office.rows(submission, submission.c.operation == "insert")
        if row.state == "accepted"
    }
    assert inserted == {ids[RECORDS + 1]}
    # what nobody reported is nobody's to report here, and is told
    (row,) = office.rows(
        holding, holding.c.platform == SHARING, holding.c.record_id == ids[NEVER_REPORTED]
    )
    assert row.before_start
    assert office.chain_holds()
