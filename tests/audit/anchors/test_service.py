"""Anchors are made when due, brought to every place, and hold up nobody."""

import json
import os
import stat
import threading
import time
from datetime import timedelta
from pathlib import Path

import pytest

from tests.audit.anchors.conftest import Bureau
from tests.support import unprotect
from xinqiao.anchoring.service import SUBJECT
from xinqiao.audit.anchors import store
from xinqiao.audit.anchors.form import NONE_BEFORE, Anchor, hash_of_text, read_anchor
from xinqiao.audit.anchors.signing import create_key, fingerprint, is_signed, public_pem
from xinqiao.audit.anchors.tree import root_of
from xinqiao.audit.append import append
from xinqiao.audit.chain import Entry
from xinqiao.database.tables import anchor, anchor_copy, audit, incident
from xinqiao.errors import DamageError, SettingsError, XinqiaoError


def made(bureau: Bureau) -> Anchor:
    found = bureau.service.write().anchor
    assert found is not None
    return found


def test_an_anchor_says_what_stands_at_the_end_of_the_log_and_is_signed(bureau: Bureau) -> None:
    found = made(bureau)
    rows = [row for row in bureau.rows(audit) if row.sequence <= found.last]
    assert (found.number, found.first, found.count, found.previous) == (
        1,
        1,
        found.last,
        NONE_BEFORE,
    )
    assert (found.workspace, found.head) == (rows[0].hash, rows[-1].hash)
    assert found.root == root_of([row.hash for row in rows])
    assert found.key == fingerprint(found.public_key)
    assert is_signed(found)


def test_each_anchor_goes_on_where_the_one_before_ended(bureau: Bureau) -> None:
    first = made(bureau)
    bureau.happen(3)
    second = made(bureau)
    assert (second.number, second.first) == (2, first.last + 1)
    assert second.previous == hash_of_text(first.text)
    rows = bureau.rows(audit)
    assert second.root == root_of([row.hash for row in rows[first.last : second.last]])
    proof = bureau.service.prove()
    assert proof.ok, proof
    assert proof.anchors is not None
    assert (proof.anchors.stored, proof.anchors.outside) == (2, 2)


def test_a_file_is_the_anchor_to_the_byte_and_others_may_read_it(bureau: Bureau) -> None:
    found = made(bureau)
    (file,) = bureau.files()
    assert file.name == found.file_name
    assert file.read_bytes() == found.text.encode()
    assert read_anchor(file.read_text("utf-8")) == found
    assert stat.S_IMODE(file.stat().st_mode) == 0o644


def test_making_one_and_bringing_it_somewhere_is_audited(bureau: Bureau) -> None:
    found = made(bureau)
    actions = [row.action for row in bureau.rows(audit)]
    assert actions[-3:] == ["anchor.key_created", "anchor.written", "anchor.copied"]
    written = json.loads(bureau.rows(audit)[-2].body)
    assert written["details"] == {
        "number": 1,
        "last": found.last,
        "hash": hash_of_text(found.text),
        "key": found.key,
    }
    (copy,) = bureau.rows(anchor_copy)
    assert (copy.number, copy.place) == (1, f"folder:{bureau.outside}")


def test_one_is_due_by_time_and_by_entries_and_at_once_in_the_beginning(bureau: Bureau) -> None:
    bureau.settings(every_hours=24, after_entries=10)
    assert bureau.service.if_due()
    assert not bureau.service.if_due()
    bureau.clock.advance(timedelta(hours=23, minutes=59).total_seconds())
    assert not bureau.service.if_due()
    bureau.clock.advance(60)
    assert bureau.service.if_due()
    bureau.happen(7)
    assert not bureau.service.if_due()
    bureau.happen(1)
    assert bureau.service.if_due()
    assert len(bureau.files()) == 3


def test_of_many_that_find_one_due_at_once_one_makes_it(bureau: Bureau) -> None:
    bureau.service.key()
    done: list[bool] = []
    failed: list[BaseException] = []
    begin = threading.Barrier(6)

    def ask() -> None:
        try:
            begin.wait()
            done.append(bureau.service.if_due())
        except BaseException as error:  # noqa: BLE001 - the test must hear of it
            failed.append(error)

    threads = [threading.Thread(target=ask) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert sum(done) == 1
    assert len(bureau.rows(anchor)) == len(bureau.rows(anchor_copy)) == len(bureau.files()) == 1
    assert bureau.service.prove().ok


def test_writers_go_on_while_an_anchor_is_made_of_a_long_log(
    bureau: Bureau, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While it reads, somebody else appends, and does not wait."""
    reading = store.hashes

    def slowly(*range_: object) -> object:
        bureau.happen(4)
        return reading(*range_)  # type: ignore[arg-type] # handed on

    monkeypatch.setattr("xinqiao.audit.anchors.writing.hashes", slowly)
    before = len(bureau.rows(audit))
    found = made(bureau)
    assert found.last == before + 1  # and the key's own entry
    assert bureau.service.prove().ok


def test_a_folder_that_is_not_there_is_an_incident_and_the_others_get_theirs(
    bureau: Bureau, tmp_path: Path
) -> None:
    away = tmp_path / "usb"
    bureau.settings(folders=(str(away), str(bureau.outside)))
    done = bureau.service.write()
    assert [bool(one.trouble) for one in done.places] == [True, False]
    assert len(bureau.files()) == 1
    assert not away.exists()
    (found,) = bureau.rows(incident)
    assert (found.kind, found.platform, found.closed_at) == ("anchors_not_placed", SUBJECT, None)
    assert str(away) in found.message
    away.mkdir()
    assert not bureau.service.if_due()
    assert len(list(away.iterdir())) == 1
    (found,) = bureau.rows(incident)
    assert found.closed_at is not None


def test_a_place_that_hangs_is_given_up_and_not_asked_again_while_it_hangs(
    bureau: Bureau, tmp_path: Path
) -> None:
    """A named pipe without a writer hangs whoever opens it, as a lost network folder does."""
    hanging = tmp_path / "network"
    hanging.mkdir()
    bureau.settings(folders=(str(hanging), str(bureau.outside)))
    assert bureau.service.write().anchor is not None
    (file,) = hanging.iterdir()
    file.unlink()
    os.mkfifo(file)
    service = bureau.service
    began = time.monotonic()
    proof = service.prove()
    assert time.monotonic() - began < 10
    assert list(proof.unread) == [f"folder:{hanging}"]
    assert "没有回应" in proof.unread[f"folder:{hanging}"]
    bureau.happen()
    done = service.write()
    assert [bool(one.trouble) for one in done.places] == [True, False]
    assert len(bureau.files()) == 2
    threads = [one for one in threading.enumerate() if str(hanging) in one.name]
    assert len(threads) == 1
    # somebody writes into it, and whoever hung goes on
    with file.open("wb"):
        pass
    threads[0].join(10)
    assert not threads[0].is_alive()


def test_what_lies_in_a_folder_is_never_overwritten(bureau: Bureau) -> None:
    found = made(bureau)
    (file,) = bureau.files()
    bureau.clock.advance(60)
    file.chmod(0o644)
    file.write_text("别的内容", "utf-8")
    with bureau.database.writing() as connection:
        connection.exec_driver_sql("DELETE FROM anchor_copy")
    done = bureau.service.write()
    assert "与写入的不同" in done.places[0].trouble
    assert file.read_text("utf-8") == "别的内容"
    assert found.number == 1


def test_a_place_that_comes_later_gets_every_anchor(bureau: Bureau, tmp_path: Path) -> None:
    for _ in range(3):
        bureau.happen()
        made(bureau)
    later = tmp_path / "later"
    later.mkdir()
    bureau.settings(folders=(str(bureau.outside), str(later)))
    bureau.service.if_due()
    assert [one.name for one in sorted(later.iterdir())] == [one.name for one in bureau.files()]


def test_no_anchor_is_put_on_a_log_that_contradicts_the_one_before(bureau: Bureau) -> None:
    found = made(bureau)
    with bureau.database.writing() as connection:
        unprotect(connection)
        connection.exec_driver_sql(
            f"UPDATE audit SET hash = '{'a' * 64}' WHERE sequence = {found.last}"  # noqa: S608 - our own
        )
    with pytest.raises(DamageError, match="与第 1 号锚点不符"):
        bureau.service.write()
    assert len(bureau.rows(anchor)) == 1


def test_the_key_is_the_owners_alone_and_is_never_shown(bureau: Bureau) -> None:
    key = bureau.service.key()
    file = bureau.workspace.anchor_key_file
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    secret = file.read_text("ascii").splitlines()[1]
    assert secret not in repr(key)
    shown = [row.body for row in bureau.rows(audit)]
    assert not any(secret in one for one in shown)
    file.chmod(0o640)
    with pytest.raises(SettingsError, match="chmod 600"):
        bureau.service.key()


def test_a_lost_key_is_never_replaced_in_silence(bureau: Bureau) -> None:
    made(bureau)
    bureau.workspace.anchor_key_file.unlink()
    bureau.happen()
    with pytest.raises(SettingsError, match="从备份恢复"):
        bureau.service.write()
    assert not bureau.workspace.anchor_key_file.exists()


def test_another_key_in_its_place_is_refused(bureau: Bureau) -> None:
    made(bureau)
    bureau.workspace.anchor_key_file.unlink()
    create_key(bureau.workspace.anchor_key_file)
    with pytest.raises(SettingsError, match="不是最近一个锚点所用的"):
        bureau.service.write()


def test_a_change_of_the_key_is_announced_by_the_old_one(bureau: Bureau, tmp_path: Path) -> None:
    first = made(bureau)
    announcing = bureau.service.renew_key("每年更换")
    third = read_anchor(bureau.files()[2].read_text("utf-8"))
    assert announcing.key == first.key != third.key
    assert announcing.next_key == third.public_key
    entry = [row for row in bureau.rows(audit) if row.action == "anchor.key_changed"]
    assert json.loads(entry[0].body)["details"]["next_key"] == third.key
    assert json.loads(entry[0].body)["reason"] == "每年更换"
    for public in (first.public_key, third.public_key):
        file = tmp_path / "key.pem"
        file.write_text(public_pem(public), "ascii")
        assert bureau.service.prove(public_key=file).ok


def test_a_change_of_the_key_that_was_cut_off_is_finished(
    bureau: Bureau, monkeypatch: pytest.MonkeyPatch
) -> None:
    made(bureau)
    with monkeypatch.context() as patch:

        def die(_path: Path) -> None:
            raise KeyboardInterrupt

        patch.setattr("xinqiao.anchoring.service.put_in_force", die)
        with pytest.raises(KeyboardInterrupt):
            bureau.service.renew_key("每年更换")
    assert bureau.service.if_due(), "the new key signs without waiting for the hour"
    newest = read_anchor(bureau.files()[2].read_text("utf-8"))
    assert newest.public_key == bureau.service.key().public
    assert bureau.service.prove().ok


def test_how_it_stands_is_told(bureau: Bureau) -> None:
    assert bureau.service.standing().number == 0
    assert any("还没有锚点" in one for one in bureau.service.prove().notices)
    made(bureau)
    standing = bureau.service.standing()
    assert (standing.number, standing.late, standing.pending, standing.missing) == (
        1,
        False,
        {},
        {},
    )
    bureau.clock.advance(49 * 3600)
    assert bureau.service.standing().late
    assert any("已过了该写" in one for one in bureau.service.prove().notices)
    bureau.files()[0].unlink()
    assert bureau.service.standing().missing == {f"folder:{bureau.outside}": [1]}


def test_an_anchor_holds_nothing_of_any_record(bureau: Bureau) -> None:
    with bureau.database.writing() as connection:
        entry = Entry("submission.accepted", record_id="r-4711", reason="沂源县示例有限公司")
        append(connection, [entry], actor="李四", at=bureau.clock.now())
    text = made(bureau).text
    assert not any(word in text for word in ("r-4711", "沂源", "李四", "张三", "submission"))


def test_a_key_that_cannot_be_written_is_told(bureau: Bureau) -> None:
    path = bureau.workspace.anchor_key_file
    path.mkdir()
    with pytest.raises(XinqiaoError, match="锚点签名密钥"):
        bureau.service.key()
