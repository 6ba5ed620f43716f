"""Naming the one record that a command is about, since a person may have mistyped its number."""

from typing import TYPE_CHECKING

from rich.markup import escape

from xinqiao.commands.output import console

if TYPE_CHECKING:
    from xinqiao.queue.lookup import RecordSummary


def name_record(found: "RecordSummary") -> None:
    """Print kind, number, subject and id of a record."""
    from xinqiao.records.kinds import kind_of

    decided = f"，{found.decided_on} 作出" if found.decided_on else ""
    console.print(
        f"{kind_of(found.kind).name}　{escape(found.called)}　"
        f"{escape(found.name if found.number else '')}{decided}\n记录标识 {found.id}",
        soft_wrap=True,
    )
