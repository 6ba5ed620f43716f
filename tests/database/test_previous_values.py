"""Rows carry data, not code: what the previous release wrote is plain, and means the same today."""

import base64
import hashlib
import json
import pickle
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import rfc8785
import sqlalchemy as sa

from tests.database.dumps import DUMP, PLATFORM, columns_of
from xinqiao.adapters.base import SealedBatch
from xinqiao.adapters.connector import ProfileConnector
from xinqiao.clock import Clock
from xinqiao.config.workspace import Workspace
from xinqiao.connections import connect, read_connections
from xinqiao.database.engine import Database
from xinqiao.database.tables import metadata
from xinqiao.database.types import Instant, JsonText
from xinqiao.privacy.keys import KeyRing, is_token

OF_PYTHON = re.compile(
    r"<[\w.]+ object at 0x|<class '|\b(datetime|decimal|pathlib|builtins|xinqiao)\.\w"
    r"|\b(PosixPath|Decimal|UUID)\(|!!python|__\w+__|^[bu]?'.*'$|^\{'|^\['|^\('"
    r"|^(None|True|False)$|^gA[JMRSW]"
)
"""What a value looks like that only Python can read: a printed object, a pickle in base64."""

Value = tuple[str, str, Any]
"""Table, column, value as the database has it."""


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    made = DUMP.workspace(tmp_path / "ws", 1)
    DUMP.restore_file(made.var / "xinqiao.db")
    return made


@pytest.fixture
def keys(workspace: Workspace) -> KeyRing:
    return workspace.keys()


def rows_of(workspace: Workspace, table: str) -> list[dict[str, Any]]:
    """Return the rows of a table as they are stored: no type of ours reads them."""
    database = Database(workspace.database_url)
    with database.reading() as connection:
        found = connection.exec_driver_sql(f"SELECT * FROM {table}").mappings()  # noqa: S608 - a name of our own
        rows = [dict(row) for row in found]
    database.close()
    return rows


def values_of(workspace: Workspace) -> Iterator[Value]:
    database = Database(workspace.database_url)
    with database.reading() as connection:
        tables = columns_of(connection)
    database.close()
    for table in tables:
        for row in rows_of(workspace, table):
            yield from ((table, column, value) for column, value in row.items())


def why_not_plain(table: str, column: str, value: Any) -> str:
    """Return what is wrong with a stored value; empty when any language could read it."""
    if value is None or isinstance(value, int | float):
        return ""
    kind = metadata.tables[table].c[column].type
    if isinstance(value, bytes):
        return "" if isinstance(kind, sa.LargeBinary) else "bytes in a column of text"
    try:
        return next(filter(None, map(_of_python, _texts(table, column, kind, value))), "")
    except ValueError as error:
        return f"not in its form: {error}"


def _texts(table: str, column: str, kind: object, value: str) -> Iterator[str]:
    """Give the texts that a value is made of; ValueError when it has not the form it should."""
    if isinstance(kind, JsonText) or (table, column) == ("audit", "body"):
        yield from _leaves(json.loads(value))
    elif isinstance(kind, Instant):
        datetime.fromisoformat(value)
    elif isinstance(kind, sa.Date):
        date.fromisoformat(value)
    elif column.endswith(("sha256", "hash", "digest")):
        if not re.fullmatch("[0-9a-f]{64}", value):
            raise ValueError("no hash")
    else:
        yield value


def _leaves(plain: Any) -> Iterator[str]:
    if isinstance(plain, dict):
        for name, one in plain.items():
            yield name
            yield from _leaves(one)
    elif isinstance(plain, list):
        for one in plain:
            yield from _leaves(one)
    elif isinstance(plain, str):
        yield plain


def _of_python(text: str) -> str:
    if is_token(text):
        return ""  # looked into below, with the key
    return f"only Python reads {text[:40]}" if OF_PYTHON.search(text) else ""


def test_every_stored_value_is_a_number_a_text_json_or_sealed(workspace: Workspace) -> None:
    values = list(values_of(workspace))
    assert {table for table, _, _ in values} >= {"record_version", "batch", "attempt", "audit"}
    assert [(*one[:2], why) for one in values if (why := why_not_plain(*one))] == []


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("content", pickle.dumps({"a": 1})),
        ("content", str({"a": None})),
        ("content", json.dumps({"a": base64.b64encode(pickle.dumps([1])).decode()})),
        ("content", json.dumps({"a": repr(datetime(2026, 1, 1, tzinfo=UTC))})),
        ("content", json.dumps({"a": {"b": str(None)}})),
        ("content_hash", "-1234"),
        # said as text: a name made of an address would differ from process to process
        ("record_id", "<object object at 0x7f00c0ffee00>"),
    ],
)
def test_the_look_at_values_finds_what_only_python_could_read(column: str, value: object) -> None:
    assert why_not_plain("record_version", column, value)


def test_what_is_encrypted_is_text_or_json_too(workspace: Workspace, keys: KeyRing) -> None:
    for row in rows_of(workspace, "batch"):
        content = keys.decrypt(row["key_id"], row["sealed"], f"batch/{row['number']}")
        assert rfc8785.dumps(json.loads(content)) == content
    answers = [row for row in rows_of(workspace, "attempt") if row["evidence"] is not None]
    assert answers
    for row in answers:
        answer = keys.decrypt(row["key_id"], row["evidence"], f"attempt/{row['id']}").decode()
        assert answer.startswith(("{", "<html>"))
    tokens = 0
    for row in rows_of(workspace, "record_version"):
        for path, text in json.loads(row["content"]).items():
            if is_token(text):
                tokens += 1
                assert not _of_python(keys.decrypt_text(text, f"{row['record_id']}/{path}"))
    assert tokens


def test_batches_sealed_by_the_previous_release_are_sent_as_the_same_bytes_today(
    workspace: Workspace, keys: KeyRing
) -> None:
    sent = {call["batchNo"]: call["bodySha256"] for call in DUMP.platform["calls"]}
    platform = read_connections(workspace).sound[PLATFORM]
    rendered = {}
    with connect(workspace, PLATFORM, platform, Clock()) as connector:
        assert isinstance(connector, ProfileConnector)
        for row in rows_of(workspace, "batch"):
            content = keys.decrypt(row["key_id"], row["sealed"], f"batch/{row['number']}")
            batch = SealedBatch.from_bytes(content)
            assert batch.to_bytes() == content
            assert hashlib.sha256(content).hexdigest() == row["sha256"]
            body = connector.render(batch)
            rendered[batch.number] = hashlib.sha256(body).hexdigest()
    assert rendered == sent
