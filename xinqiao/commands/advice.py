"""What is done about submissions, beside what is told of them (怎么办)."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from xinqiao.feedback.instructing import Instructions


def advised(instructions: "Instructions", rows: Iterable[dict[str, Any]]) -> None:
    """Add to each row what is done about it (``instruction``), and who does it (``acts``).

    Both are None where nothing is to be done about what the platform said.
    """
    for row in rows:
        advice = instructions.advise_on(row)
        row["instruction"] = None if advice is None else advice.text
        row["acts"] = None if advice is None else advice.who.value
        row["fields"] = [] if advice is None else [one.words for one in advice.places]


def short(row: dict[str, Any]) -> str:
    """Return what the platform said of a row, and in a few words who does what about it."""
    from xinqiao.feedback.actors import ACTORS, Actor

    if row["acts"] is None:
        return str(row["message"])
    who = ACTORS[Actor(row["acts"])]
    return f"{row['message']}（{who}：{'、'.join(row['fields']) or '用 queue show 看怎么办'}）"
