"""Ordinary life of a bureau's records: enough of it that holdings change in every usual way."""

from tests.life.bureau import PENALTY, SHARING, SITE
from tests.reconcile.adoption.office import NEW, Office
from tests.submission_queue.world import reply
from xinqiao.adapters.base import Outcome
from xinqiao.database.tables import submission
from xinqiao.queue.operations import Evidence, Resolution, resolve
from xinqiao.queue.publishing import Why
from xinqiao.queue.withdrawal import Revocation, withdraw


def live(office: Office) -> dict[str, str]:
    """Let records be imported, sent, accepted, refused, corrected, withdrawn, adopted and so on.

    Returns:
        What became of it → record.
    """
    records = {"adopted": office.numbered(1)}
    office.shows(1)
    assert office.adopt().adopted == 1
    for serial, word in enumerate(("held", "corrected", "withdrawn", "taken_down"), 2):
        records[word] = office.numbered(serial, NEW)
    office.send()
    office.take_in(
        "penalty",
        records["corrected"],
        document_number=office.number(3),
        decision_date=NEW,
        content=f"{PENALTY['content']}，已缴纳",
    )
    with office.acting_for("复议撤销") as (connection, cause):
        revocation = Revocation(office.today, "沂交撤〔2026〕1号")
        withdraw(connection, office.planner, records["withdrawn"], revocation, cause)
    with office.database.writing() as connection:
        office.desk(connection).stop(records["taken_down"], Why.PERSON, "沂交通知〔2026〕3号")
    office.send()
    records["refused"] = office.numbered(6, NEW)
    office.connectors[SHARING].answers.insert(0, reply(Outcome.REJECTED, code="E1"))
    office.send()
    records["resolved"] = office.numbered(7, NEW)
    office.connectors[SITE].answers.insert(0, reply(Outcome.IN_DOUBT, code="read_timeout"))
    office.send()
    (doubtful,) = office.rows(submission, submission.c.state == "in_doubt")
    with office.acting_for("到网站看过") as (connection, cause):
        evidence = Evidence("截图.png", "0" * 64)
        resolve(
            connection,
            [doubtful.id],
            cause,
            resolution=Resolution.ACCEPTED,
            evidence=evidence,
        )
    return records
