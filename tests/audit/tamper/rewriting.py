"""What somebody does who owns the database and knows the program: the log written anew."""

import hashlib
import json
from collections.abc import Callable
from typing import Any

import rfc8785
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from xinqiao.audit.anchors.form import NONE_BEFORE, Anchor, hash_of_text
from xinqiao.audit.anchors.signing import SigningKey, fingerprint
from xinqiao.audit.anchors.tree import root_of
from xinqiao.audit.anchors.writing import WRITTEN
from xinqiao.database.tables import anchor, audit, audit_head

_COLUMNS = {"at": "at", "actor": "actor", "action": "action", "record": "record_id"}

Change = Callable[[list[dict[str, Any]]], None]


def rewrite(
    connection: Connection,
    change: Change,
    key: SigningKey | None = None,
    announced: str | None = None,
) -> None:
    """Let ``change`` have its way with the entries, and make everything inside fit again.

    Args:
        connection: A write transaction in which the log is not protected.
        change: Changes the entries in place; they are numbered and chained anew.
        key: Signs the anchors that the database keeps once more; None to leave them as they are.
        announced: Public key that the last of these anchors names as the one that follows.
    """
    statement = sa.select(audit.c.body).order_by(audit.c.sequence)
    entries = [json.loads(body) for body in connection.execute(statement).scalars()]
    change(entries)
    forger = _Forger(connection, key, announced)
    rows, previous = [], "0" * 64
    for number, entry in enumerate(entries, 1):
        if entry["action"] == WRITTEN and key is not None:
            entry["details"]["hash"] = forger.signed(entry["details"]["number"])
        entry |= {"sequence": number, "previous": previous}
        body = rfc8785.dumps(entry).decode()
        previous = hashlib.sha256(body.encode()).hexdigest()
        forger.hashes.append(previous)
        rows.append(
            {
                "sequence": number,
                "submission_id": entry["submission"],
                "platform": entry["platform"],
                "body": body,
                "hash": previous,
                **{column: entry[name] for name, column in _COLUMNS.items()},
            }
        )
    connection.execute(sa.delete(audit))
    connection.execute(sa.insert(audit), rows)
    connection.execute(sa.update(audit_head).values(sequence=len(rows), hash=previous))


class _Forger:
    """Makes anchors that fit a log that was written anew, one after the other."""

    def __init__(
        self, connection: Connection, key: SigningKey | None, announced: str | None
    ) -> None:
        self.hashes: list[str] = []
        self._announced = announced
        self._last = connection.execute(sa.select(sa.func.max(anchor.c.number))).scalar_one()
        self._connection = connection
        self._key = key
        self._previous = NONE_BEFORE

    def signed(self, number: int) -> str:
        """Write the anchor of a number anew; return its hash."""
        assert self._key is not None
        which = anchor.c.number == number
        body = self._connection.execute(sa.select(anchor.c.body).where(which)).scalar_one()
        old = Anchor.model_validate_json(body)
        covered = self.hashes[old.first - 1 : old.last]
        made = self._key.signed(
            old.model_copy(
                update={
                    "workspace": self.hashes[0],
                    "head": covered[-1],
                    "root": root_of(covered),
                    "previous": self._previous,
                    "key": fingerprint(self._key.public),
                    "public_key": self._key.public,
                    "next_key": self._announced if number == self._last else None,
                }
            )
        )
        self._connection.execute(sa.update(anchor).where(which).values(body=made.text))
        self._previous = hash_of_text(made.text)
        return self._previous
