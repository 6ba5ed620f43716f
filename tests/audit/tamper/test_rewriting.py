"""Whoever owns the database can make the chain hold again; the anchors find it all the same."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from tests.audit.tamper.conftest import Anchored, grow
from tests.audit.tamper.rewriting import rewrite
from tests.support import unprotect
from xinqiao.anchoring.proof import Proof
from xinqiao.audit.anchors.form import read_anchor
from xinqiao.audit.anchors.signing import SigningKey, create_key
from xinqiao.database.tables import anchor, anchor_copy, audit, audit_head

Entries = list[dict[str, Any]]


def other_words(entries: Entries) -> None:
    entries[3]["reason"] = "没有理由"


def another_actor(entries: Entries) -> None:
    entries[4]["actor"] = "李四/vm"


def without_one(entries: Entries) -> None:
    del entries[5]


def one_more(entries: Entries) -> None:
    entries.insert(5, dict(entries[2]))


def exchanged(entries: Entries) -> None:
    entries[8], entries[9] = entries[9], entries[8]


def cut(entries: Entries) -> None:
    del entries[-9:]


CHANGES: dict[str, Callable[[Entries], None]] = {
    "other words": other_words,
    "another actor": another_actor,
    "one left out": without_one,
    "one put in": one_more,
    "two exchanged": exchanged,
    "the end cut off": cut,
}


def kinds(proof: Proof) -> set[str]:
    assert proof.chain.ok, proof.chain
    assert proof.anchors is not None
    return {one.kind for one in proof.anchors.findings}


@pytest.mark.parametrize("how", CHANGES)
def test_a_log_whose_every_hash_was_made_anew_is_found_by_the_anchors_inside(
    anchored: Anchored, how: str
) -> None:
    with anchored.tampering() as connection:
        rewrite(connection, CHANGES[how])
        assert kinds(anchored.proof(connection, [])) & {"head", "root", "cut_off"}


@pytest.mark.parametrize("how", [name for name in CHANGES if name != "the end cut off"])
def test_anchors_that_were_signed_again_by_another_key_are_found_by_the_key_on_paper(
    anchored: Anchored, how: str, tmp_path: Path
) -> None:
    key = create_key(tmp_path / "forged.pem")
    with anchored.tampering() as connection:
        rewrite(connection, CHANGES[how], key)
        assert kinds(anchored.proof(connection, [])) >= {"trusted_key"}


def test_the_key_on_paper_is_not_believed_where_a_forger_merely_names_it(
    anchored: Anchored, tmp_path: Path
) -> None:
    """A public key is known to everybody: only what it signed speaks for a log."""
    key = create_key(tmp_path / "forged.pem")
    with anchored.tampering() as connection:
        rewrite(connection, other_words, key, announced=anchored.trusted)
        assert kinds(anchored.proof(connection, [])) == {"announced_key"}


@pytest.mark.parametrize("how", ["other words", "another actor"])
def test_only_what_lies_outside_finds_a_log_that_the_thief_of_the_key_wrote_anew(
    anchored: Anchored, how: str
) -> None:
    """Said in the documents: inside, nothing is left that could contradict."""
    key = anchored.bureau.service.key()
    with anchored.tampering() as connection:
        rewrite(connection, CHANGES[how], key)
        assert kinds(anchored.proof(connection, [])) == set()
        found = kinds(anchored.proof(connection))
        assert found & {"differs", "workspace"}
        assert found & {"head", "root", "workspace"}


def test_a_database_that_was_put_in_place_of_the_real_one_is_told_by_the_anchors_it_left(
    anchored: Anchored,
) -> None:
    """Nothing of the new log is in the folder, and nothing of the folder is in the new log."""

    def founded_anew(entries: Entries) -> None:
        entries[0]["actor"] = "李四/vm"
        entries[:] = [one for one in entries if not one["action"].startswith("anchor.")]

    with anchored.database.writing() as connection:
        unprotect(connection)
        connection.execute(sa.delete(anchor_copy))
        connection.execute(sa.delete(anchor))
        rewrite(connection, founded_anew)
    proof = anchored.bureau.service.prove()
    assert kinds(proof) == set()
    assert any("3 个别的工作区的锚点" in one for one in proof.notices)
    assert kinds(anchored.bureau.service.prove([anchored.bureau.outside])) == {"workspace"}


def test_a_cut_end_with_its_anchors_removed_is_found_outside(anchored: Anchored) -> None:
    """An old copy of the database is put in the present one's place."""
    before = anchored.outside()
    with anchored.tampering() as connection:
        last = connection.execute(sa.select(sa.func.max(anchor.c.number))).scalar_one()
        body = connection.execute(
            sa.select(audit.c.sequence, audit.c.hash).where(
                audit.c.sequence
                == sa.select(anchor.c.last).where(anchor.c.number == last - 1).scalar_subquery()
            )
        ).one()
        connection.execute(sa.delete(anchor_copy).where(anchor_copy.c.number >= last - 1))
        connection.execute(sa.delete(anchor).where(anchor.c.number >= last - 1))
        connection.execute(sa.delete(audit).where(audit.c.sequence > body.sequence))
        connection.execute(sa.update(audit_head).values(sequence=body.sequence, hash=body.hash))
        assert kinds(anchored.proof(connection, [])) == set()
        assert kinds(anchored.proof(connection, before)) == {"not_stored", "cut_off"}


@pytest.mark.parametrize("number", [1, 2, 3])
def test_an_anchor_that_was_removed_inside_is_found(anchored: Anchored, number: int) -> None:
    with anchored.tampering() as connection:
        connection.execute(sa.delete(anchor_copy).where(anchor_copy.c.number == number))
        connection.execute(sa.delete(anchor).where(anchor.c.number == number))
        assert kinds(anchored.proof(connection, [])) >= {"removed"}
        assert kinds(anchored.proof(connection)) >= {"removed", "not_stored"}


def swap(connection: Connection) -> None:
    bodies = dict(connection.execute(sa.select(anchor.c.number, anchor.c.body)).tuples().all())
    for number, other in ((1, 2), (2, 1)):
        statement = sa.update(anchor).where(anchor.c.number == number)
        connection.execute(statement.values(body=bodies[other]))


def test_two_anchors_that_were_exchanged_inside_are_found(anchored: Anchored) -> None:
    with anchored.tampering() as connection:
        swap(connection)
        assert kinds(anchored.proof(connection, [])) >= {"columns", "number", "other"}


def test_two_files_that_were_exchanged_outside_are_found(anchored: Anchored) -> None:
    first, second, _ = anchored.bureau.files()
    one, other = first.read_bytes(), second.read_bytes()
    first.write_bytes(other)
    second.write_bytes(one)
    with anchored.database.reading() as connection:
        assert kinds(anchored.proof(connection)) == {"misnamed"}


def test_a_file_that_is_gone_outside_is_told(anchored: Anchored) -> None:
    gone = anchored.bureau.files()[1]
    gone.unlink()
    proof = anchored.bureau.service.prove()
    assert proof.missing == {f"folder:{anchored.bureau.outside}": [2]}
    assert not proof.ok


def test_what_is_gone_outside_comes_back_only_when_a_person_says_why(anchored: Anchored) -> None:
    gone = anchored.bureau.files()[1]
    text = gone.read_bytes()
    gone.unlink()
    service = anchored.bureau.service
    service.write()
    assert not gone.exists()
    (done,) = service.refill("U盘换了一个")
    assert (done.numbers, done.trouble) == ((2,), "")
    assert gone.read_bytes() == text
    assert service.prove().missing == {}
    entry = json.loads(anchored.bureau.rows(audit)[-1].body)
    assert (entry["action"], entry["reason"]) == ("anchor.copied_again", "U盘换了一个")
    assert service.refill("再来一次") == []


def test_an_anchor_of_another_workspace_is_found(anchored: Anchored, tmp_path: Path) -> None:
    file = anchored.bureau.files()[0]
    text = file.read_text("utf-8")
    with anchored.database.reading() as connection:
        whose = connection.execute(
            sa.select(audit.c.hash).where(audit.c.sequence == 1)
        ).scalar_one()
    key: SigningKey = create_key(tmp_path / "other.pem")
    foreign = key.signed(
        read_anchor(text).model_copy(update={"workspace": whose[::-1], "public_key": key.public})
    )
    file.write_text(foreign.text, "utf-8")
    with anchored.database.reading() as connection:
        assert kinds(anchored.proof(connection)) & {"workspace", "signature"}


def test_a_copied_file_under_another_name_is_found(anchored: Anchored) -> None:
    first = anchored.bureau.files()[0]
    shutil.copy(first, first.with_name(first.name.replace("00000001", "00000009")))
    with anchored.database.reading() as connection:
        assert kinds(anchored.proof(connection)) == {"misnamed"}


def test_what_goes_on_after_all_this_is_anchored_as_before(anchored: Anchored) -> None:
    grow(anchored.bureau)
    with anchored.database.reading() as connection:
        assert kinds(anchored.proof(connection)) == set()
    assert len(anchored.bureau.files()) == 4
