"""Editions of the behaviour codes: the last import of a name holds, and every import is proven."""

import json

import sqlalchemy as sa

from tests.support import START
from xinqiao.audit.verification.chain import verify
from xinqiao.database.engine import Database
from xinqiao.database.tables import audit, behaviour_edition
from xinqiao.intake.behaviour_editions import (
    BehaviourImport,
    behaviours_in_force,
    import_edition,
    stored_editions,
)
from xinqiao.queue.transitions import Cause
from xinqiao.records.behaviours import Behaviour, BehaviourEdition

CAUSE = Cause("张科员", START, "附件到了")
LATE = Behaviour("S-01", "失信", "隐患未按期整改", -50)
FATAL = Behaviour("S-02", "失信", "发生重大事故", None, "D")


def edition(name: str, *rows: Behaviour) -> BehaviourEdition:
    return BehaviourEdition(name, {one.code: one for one in rows})


def take(database: Database, one: BehaviourEdition) -> BehaviourImport:
    with database.writing() as connection:
        return import_edition(connection, one, "表.xlsx", "0" * 64, CAUSE)


def test_none_is_in_force_at_first(database: Database) -> None:
    with database.reading() as connection:
        assert behaviours_in_force(connection).editions == ()


def test_what_was_imported_is_read_back_as_it_was(database: Database) -> None:
    take(database, edition("2020", LATE, FATAL))
    with database.reading() as connection:
        assert behaviours_in_force(connection).editions == (edition("2020", LATE, FATAL),)


def test_the_same_content_again_does_nothing(database: Database) -> None:
    take(database, edition("2020", LATE))
    assert not take(database, edition("2020", LATE)).new
    with database.reading() as connection:
        assert len(connection.execute(sa.select(behaviour_edition)).all()) == 1
        assert len(connection.execute(sa.select(audit)).all()) == 1


def test_the_last_import_of_a_name_holds_and_tells_what_changed(database: Database) -> None:
    take(database, edition("2018", LATE))
    take(database, edition("2020", LATE))
    dearer = Behaviour("S-01", "失信", "隐患未按期整改", -60)
    done = take(database, edition("2020", dearer, FATAL))
    assert (done.replaces, done.added, done.changed, done.removed) == (
        True,
        ["S-02"],
        ["S-01"],
        [],
    )
    assert take(database, edition("2020", FATAL)).removed == ["S-01"]
    with database.reading() as connection:
        stored = stored_editions(connection)
        assert [one.name for one in behaviours_in_force(connection).editions] == [
            "2018",
            "2020",
        ]
    told = [(one.edition.name, one.version, one.replaced) for one in stored]
    assert told == [
        ("2018", 1, False),
        ("2020", 1, True),
        ("2020", 2, True),
        ("2020", 3, False),
    ]


def test_mending_an_older_edition_does_not_make_it_the_newest(database: Database) -> None:
    """A code without an edition means the newest: a mended slip of 2018 must not change that."""
    take(database, edition("2018", LATE))
    take(database, edition("2020", LATE))
    take(database, edition("2018", FATAL))
    with database.reading() as connection:
        held = behaviours_in_force(connection).editions
    assert held == (edition("2018", FATAL), edition("2020", LATE))


def test_the_log_says_who_why_and_what(database: Database) -> None:
    take(database, edition("2020", LATE))
    with database.reading() as connection:
        (entry,) = connection.execute(sa.select(audit)).all()
        assert verify(connection).ok
    assert (entry.action, entry.actor) == ("behaviours.imported", "张科员")
    body = json.loads(entry.body)
    assert body["reason"] == "附件到了"
    assert (body["details"]["edition"], body["details"]["codes"]) == ("2020", 1)
