"""Ten thousand times one byte is changed, anywhere in the log and its anchors: each is found."""

import random
import shutil
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from tests.audit.anchors.conftest import Bureau
from tests.audit.tamper.conftest import Anchored, grow
from tests.support import FrozenClock
from xinqiao.anchoring.proof import prove
from xinqiao.audit.founding import record_founding
from xinqiao.config.workspace import Workspace
from xinqiao.database.engine import Database
from xinqiao.database.tables import anchor, audit, audit_head
from xinqiao.errors import DamageError

SEED = 20261125
IN_CELLS, IN_FILES, IN_THE_DATABASE_FILE = 7000, 3000, 400

Cell = tuple[sa.Table, str, Any, bytes]
"""Table, column, value of the primary key, and what is in it."""


@pytest.fixture
def small(
    sqlite_database: Database, clock: FrozenClock, rehearsal: Workspace, tmp_path: Path
) -> Anchored:
    """As small a log as there can be with two anchors: every change is looked for in all of it."""
    with sqlite_database.writing() as connection:
        record_founding(connection, workspace="one", rehearsal=True, actor="张三", at=clock.now())
    outside = tmp_path / "outside"
    outside.mkdir()
    bureau = Bureau(rehearsal, sqlite_database, clock, outside)
    bureau.settings()
    for _ in range(2):
        grow(bureau)
    return Anchored(bureau, bureau.service.key().public)


def cells(database: Database) -> list[Cell]:
    """Return everything that stands in the log, its head and the anchors."""
    found: list[Cell] = []
    with database.reading() as connection:
        for table in (audit, audit_head, anchor):
            (key,) = table.primary_key.columns
            for row in connection.execute(sa.select(table)).mappings():
                found += [
                    (table, name, row[key.name], str(value).encode())
                    for name, value in row.items()
                    if value is not None and (table is not audit_head or name != "id")
                ]
    return found


def spoilt(content: bytes, chance: random.Random, *, digits: bool = False) -> bytes:
    """Return ``content`` with one byte changed to any other, or to another digit."""
    at = chance.randrange(len(content))
    others = [one for one in (b"0123456789" if digits else range(256)) if one != content[at]]
    return content[:at] + bytes([chance.choice(others)]) + content[at + 1 :]


def test_a_changed_byte_in_any_cell_is_found(small: Anchored) -> None:
    chance = random.Random(SEED)  # noqa: S311 - the same changes each time
    everything = cells(small.database)
    weights = [len(content) for *_, content in everything]
    looked_at: Counter[str] = Counter()
    outside = small.outside()
    for table, name, key, content in chance.choices(everything, weights, k=IN_CELLS):
        changed = spoilt(content, chance, digits=table.c[name].type.python_type is int)
        with told_as_damage() as told, small.tampering() as connection:
            (column,) = table.primary_key.columns
            statement = sa.text(
                f"UPDATE {table.name} SET {name} = CAST(:new AS TEXT) "  # noqa: S608 - our names
                f"WHERE {column.name} = :key"
            )
            connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
            connection.execute(statement, {"new": changed, "key": key})
            told.append(not prove(connection, outside, small.trusted).ok)
        assert told == [True], (table.name, name, key, content, changed)
        looked_at[f"{table.name}.{name}"] += 1
    assert sum(looked_at.values()) == IN_CELLS
    assert set(looked_at) == {f"{table.name}.{name}" for table, name, _, _ in everything}


@contextmanager
def told_as_damage() -> Iterator[list[bool]]:
    """Give a list for what was found.

    Bytes that are no text at all are told as damage; a number twice the database itself refuses.
    """
    told: list[bool] = []
    try:
        yield told
    except (DamageError, sa.exc.IntegrityError):
        told.append(True)


def test_a_changed_byte_in_any_anchor_outside_is_found(small: Anchored) -> None:
    chance = random.Random(SEED)  # noqa: S311 - the same changes each time
    files = small.bureau.files()
    contents = {file: file.read_bytes() for file in files}
    with small.database.reading() as connection:
        for _ in range(IN_FILES):
            file = chance.choice(files)
            file.write_bytes(changed := spoilt(contents[file], chance))
            assert not prove(connection, small.outside(), small.trusted).ok, changed
            file.write_bytes(contents[file])
        assert prove(connection, small.outside(), small.trusted).ok


def test_a_changed_byte_in_the_database_file_is_found(small: Anchored, tmp_path: Path) -> None:
    """Wherever the text of an entry or an anchor stands in the file."""
    chance = random.Random(SEED)  # noqa: S311 - the same changes each time
    path = small.database.url.database
    assert path is not None
    with small.database.reading() as connection:
        bodies = [
            str(body).encode()
            for table in (audit, anchor)
            for body in connection.execute(sa.select(table.c.body)).scalars()
        ]
    with sqlite3.connect(path) as plain:
        plain.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    plain.close()
    whole = Path(path).read_bytes()
    places = [place for body in bodies for place in range_of(whole, body)]
    assert len(places) > 2000
    outside = small.outside()
    for _ in range(IN_THE_DATABASE_FILE):
        at = chance.choice(places)
        copy = Path(shutil.copy(path, tmp_path / "copy.db"))
        with copy.open("r+b") as file:
            file.seek(at)
            file.write(bytes([whole[at] ^ chance.randrange(1, 256)]))
        opened = Database(f"sqlite:///{copy}")
        with told_as_damage() as told, opened.reading() as connection:
            told.append(not prove(connection, outside, small.trusted).ok)
        opened.close()
        assert told == [True], at


def range_of(whole: bytes, part: bytes) -> range:
    """Return where ``part`` stands in the file; nothing where it is split over pages."""
    at = whole.find(part)
    return range(at, at + len(part)) if at >= 0 else range(0)
