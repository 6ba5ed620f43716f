"""Records at rest: identity numbers are nowhere in the file, and other content is readable."""

from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from tests.support import ON_SQLITE, START
from xinqiao.database.engine import Database
from xinqiao.database.record_store import (
    load_contents,
    load_present_contents,
    protect,
    reveal,
)
from xinqiao.database.tables import import_run, record, record_version
from xinqiao.errors import DamageError, SettingsError
from xinqiao.privacy.keys import KeyRing, is_token

NUMBER = "370323190501010018"
OLD_NUMBER = "370323050101001"
IDENTITY_FIELDS = frozenset({"subject.certificate_number"})
RING = KeyRing("k1", {"k1": b"\x01" * 32}, b"\x02" * 32)
CONTENT = {
    "subject.name": "张三",
    "subject.certificate_number": NUMBER,
    "content": f"准予张三（身份证{NUMBER}）从事道路货物运输",
    "remarks": f"旧证号{OLD_NUMBER}",
    "document_number": "源交许〔2026〕0001号",
    "authority_code": "11370323MB2826290X",
}


def store(database: Database, keys: KeyRing, contents: dict[tuple[str, int], object]) -> None:
    with database.writing() as connection:
        connection.execute(
            sa.insert(import_run).values(
                id=1,
                file_name="许可.xlsx",
                file_sha256="0" * 64,
                kind="permit",
                actor="test",
                started_at=START,
                counts={},
            )
        )
        for record_id in {record_id for record_id, _ in contents}:
            connection.execute(
                sa.insert(record).values(
                    id=record_id, kind="permit", current_version=1, created_at=START
                )
            )
        for (record_id, version), content in contents.items():
            assert isinstance(content, dict)
            connection.execute(
                sa.insert(record_version).values(
                    record_id=record_id,
                    version=version,
                    content=protect(content, record_id, IDENTITY_FIELDS, keys),
                    content_hash="0" * 64,
                    valid=True,
                    findings=[],
                    import_run_id=1,
                    source_row=2,
                    created_at=START,
                )
            )


def test_identity_fields_and_texts_with_a_number_are_encrypted_and_the_rest_is_not() -> None:
    stored = protect(CONTENT, "r1", IDENTITY_FIELDS, RING)
    assert {path for path, text in stored.items() if is_token(text)} == {
        "subject.certificate_number",
        "content",
        "remarks",
    }
    assert NUMBER not in str(stored)
    assert OLD_NUMBER not in str(stored)
    assert stored["document_number"] == CONTENT["document_number"]
    assert reveal(stored, "r1", RING) == CONTENT


def test_an_identity_field_is_encrypted_whatever_it_holds() -> None:
    stored = protect({"subject.certificate_number": "护照E1"}, "r1", IDENTITY_FIELDS, RING)
    assert is_token(stored["subject.certificate_number"])


def test_a_text_that_looks_like_a_token_comes_back_as_it_was() -> None:
    content = {"remarks": "enc:1:k1:AAAA"}
    stored = protect(content, "r1", IDENTITY_FIELDS, RING)
    assert stored != content
    assert reveal(stored, "r1", RING) == content


TEXTS = st.text(st.characters(codec="utf-8")) | st.sampled_from([NUMBER, OLD_NUMBER, "enc:1:"])


@given(st.dictionaries(st.text("abc._", min_size=1), st.lists(TEXTS).map("".join)))
def test_every_content_comes_back_as_it_was(content: dict[str, str]) -> None:
    stored = protect(content, "r1", {"a"}, RING)
    assert reveal(stored, "r1", RING) == content
    assert NUMBER not in str(stored)


def test_a_value_moved_to_another_field_or_record_is_refused() -> None:
    stored = protect(CONTENT, "r1", IDENTITY_FIELDS, RING)
    with pytest.raises(DamageError):
        reveal(stored, "r2", RING)
    with pytest.raises(DamageError):
        reveal({"remarks": stored["content"]}, "r1", RING)


def test_a_missing_key_is_told_apart_from_damage() -> None:
    stored = protect(CONTENT, "r1", IDENTITY_FIELDS, RING)
    with pytest.raises(SettingsError):
        reveal(stored, "r1", KeyRing("k2", {"k2": b"\x03" * 32}, b"\x02" * 32))


def test_exactly_the_versions_asked_for_are_loaded(database: Database, keys: KeyRing) -> None:
    contents = {
        (f"r{number}", version): {"content": f"{number}.{version}"}
        for number in range(450)
        for version in (1, 2)
    }
    store(database, keys, dict(contents))
    wanted = [(f"r{number}", 1 + number % 2) for number in range(450)] + [("unknown", 1)]
    with database.reading() as connection:
        assert load_contents(connection, wanted, keys) == {
            pair: contents[pair] for pair in wanted if pair in contents
        }
        assert load_contents(connection, [], keys) == {}


@ON_SQLITE
def test_no_identity_number_is_in_the_bytes_of_the_database(
    database: Database, keys: KeyRing, tmp_path: Path
) -> None:
    store(database, keys, {("r1", 1): CONTENT})
    files = list(tmp_path.glob("xinqiao.db*"))
    assert {path.name for path in files} >= {"xinqiao.db", "xinqiao.db-wal"}
    content = b"".join(path.read_bytes() for path in files)
    assert "源交许〔2026〕0001号".encode() in content
    for number in (NUMBER, OLD_NUMBER):
        assert number.encode() not in content
        assert number.encode("utf-16-le") not in content
    with database.reading() as connection:
        assert load_contents(connection, [("r1", 1)], keys) == {("r1", 1): CONTENT}


def test_a_pruned_content_is_left_out_and_missing_where_it_is_the_present_one(
    database: Database,
) -> None:
    store(database, RING, {("r1", 1): CONTENT, ("r2", 1): CONTENT})
    with database.writing() as connection:
        connection.execute(
            sa.update(record_version).where(record_version.c.record_id == "r1").values(content=None)
        )
        both = [("r1", 1), ("r2", 1)]
        assert load_contents(connection, both, RING) == {("r2", 1): CONTENT}
        assert load_present_contents(connection, both[1:], RING) == {("r2", 1): CONTENT}
        with pytest.raises(DamageError, match="记录 r1 现行版本的内容不在库中"):
            load_present_contents(connection, both, RING)
