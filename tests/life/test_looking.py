"""Free text with somebody's number in it waits for a person before it is shown to everybody."""

import pytest

from tests.life.bureau import SHARING, SITE, Bureau
from xinqiao.database.tables import publication_look
from xinqiao.errors import RefusedError
from xinqiao.queue.publicity import OLD_SHOWN, Showing

TELEPHONE = "当事人电话13900000000，称已整改"
IDENTITY = "当事人证件370323190711118764"


def allow(bureau: Bureau, record_id: str) -> None:
    with bureau.database.writing() as connection:
        bureau.desk(connection, "是本单位公开的值班电话").look(record_id)


def test_a_telephone_number_keeps_a_record_from_the_site_and_not_from_the_platform(
    bureau: Bureau,
) -> None:
    record_id, _ = bureau.take_in("penalty", violation_facts=TELEPHONE)
    bureau.send()
    assert bureau.asked(SITE, record_id) == []
    assert bureau.held(SHARING, record_id) == 1
    assert (bureau.line(record_id).showing, bureau.line(record_id).needs_a_person) == (
        Showing.WAITS,
        True,
    )
    # the law's clock goes on meanwhile
    assert [one[2] for one in bureau.duties(SITE, record_id)] == [None]


def test_a_person_who_looked_releases_it(bureau: Bureau) -> None:
    record_id = bureau.penalty(violation_facts=TELEPHONE)
    allow(bureau, record_id)
    bureau.send()
    assert bureau.held(SITE, record_id) == 1
    assert [one[2] for one in bureau.duties(SITE, record_id)] == ["accepted"]
    (entry,) = bureau.entries("publication.allowed")
    assert (entry.actor, entry.record_id) == ("张科员", record_id)


def test_a_look_is_at_one_version(bureau: Bureau) -> None:
    record_id = bureau.penalty(violation_facts=TELEPHONE)
    allow(bureau, record_id)
    bureau.send()
    bureau.take_in("penalty", record_id, violation_facts=f"{TELEPHONE}，又 13900000001")
    bureau.send()
    assert bureau.held(SITE, record_id) == 1
    assert bureau.line(record_id).showing is Showing.WAITS


def test_a_look_lasts_while_what_was_looked_at_stays_as_it_was(bureau: Bureau) -> None:
    record_id = bureau.penalty(violation_facts=TELEPHONE)
    allow(bureau, record_id)
    bureau.take_in("penalty", record_id, violation_facts=TELEPHONE, fine_amount="0.3")
    bureau.send()
    assert bureau.held(SITE, record_id) == 2
    assert bureau.line(record_id).showing is Showing.SHOWN


def test_a_look_at_one_text_is_none_at_another(bureau: Bureau) -> None:
    record_id = bureau.penalty(violation_facts=TELEPHONE)
    allow(bureau, record_id)
    bureau.take_in("penalty", record_id, violation_facts=TELEPHONE, legal_basis=TELEPHONE)
    bureau.send()
    assert bureau.held(SITE, record_id) is None
    assert bureau.line(record_id).showing is Showing.WAITS


@pytest.mark.parametrize(
    "field", ["subject__name", "legal_basis", "authority", "licence_affected", "violation_kind"]
)
def test_every_text_that_is_shown_is_looked_through(bureau: Bureau, field: str) -> None:
    record_id = bureau.penalty(**{field: "某某13900000000"})
    bureau.send()
    assert bureau.asked(SITE, record_id) == []
    assert bureau.line(record_id).showing is Showing.WAITS
    allow(bureau, record_id)
    bureau.send()
    assert bureau.held(SITE, record_id) == 1


def test_no_look_releases_an_identity_number(bureau: Bureau) -> None:
    record_id = bureau.penalty(violation_facts=IDENTITY)
    with pytest.raises(RefusedError, match="证件号码") as caught:
        allow(bureau, record_id)
    assert "370323" not in caught.value.message
    bureau.send()
    assert bureau.connectors[SITE].sent == []
    assert bureau.rows(publication_look) == []
    line = bureau.line(record_id)
    assert (line.showing, line.needs_a_person) == (Showing.TO_CORRECT, True)


def test_a_correction_that_cannot_be_shown_leaves_the_old_text_and_says_so(bureau: Bureau) -> None:
    record_id = bureau.shown()
    bureau.take_in("penalty", record_id, violation_facts=TELEPHONE)
    bureau.send()
    line = bureau.line(record_id)
    assert (bureau.held(SITE, record_id), line.showing) == (1, Showing.WAITS)
    assert OLD_SHOWN in line.warnings


def test_a_corrected_text_needs_no_look(bureau: Bureau) -> None:
    record_id = bureau.penalty(violation_facts=TELEPHONE)
    bureau.take_in("penalty", record_id, violation_facts="车辆超限运输，已整改。")
    bureau.send()
    assert bureau.held(SITE, record_id) == 2


def test_there_must_be_something_to_look_at(bureau: Bureau) -> None:
    record_id = bureau.penalty()
    with pytest.raises(RefusedError, match="没有等待查看"):
        allow(bureau, record_id)


def test_what_is_not_shown_need_not_be_looked_at(bureau: Bureau) -> None:
    # remarks go to the sharing platform alone
    record_id = bureau.penalty(remarks="经办人电话13900000000")
    bureau.send()
    assert bureau.held(SITE, record_id) == 1
    sent = bureau.connectors[SITE].sent[-1].rows[0].values
    assert not any("13900000000" in text for text in sent.values())
