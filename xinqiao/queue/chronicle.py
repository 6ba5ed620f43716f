"""Putting what is known of a submission in the order of time, and folding what repeats itself."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from itertools import groupby
from typing import Any

Event = dict[str, Any]
"""``at`` (ISO text), ``event`` (what sort it is) and its facts."""

_ALIKE = ("event", "purpose", "outcome", "code", "message", "state")
_FOLDED = frozenset({"attempt", "change"})


def in_order_of_time(told: Mapping[str, Any]) -> list[Event]:
    """Return one list of everything that happened.

    A change of state that an attempt or a receipt brought about is told with it, as its ``state``.
    """
    changes = [one for one in told["actions"] if _state(one) is not None]
    others = [one for one in told["actions"] if _state(one) is None]
    answers = {_instant(one["at"]): _state(one) for one in changes if _is_answer(one)}
    attempts = told["attempts_made"]
    begun = {_instant(one["request_started_at"]) for one in attempts}
    ended = {_instant(one["finished_at"]) for one in attempts if one["finished_at"]}
    received = {_instant(one["received_at"]) for one in told["receipts"]}
    events = [
        *_versions(told),
        *_decision("withdrawal", told["withdrawal"]),
        *_decision("take_down", told["take_down"]),
        *({**one, "event": "review"} for one in told["reviews"]),
        *({**one, "at": one["opened_at"], "event": "duty_opened"} for one in told["duties"]),
        *({**_action(one), "event": "action"} for one in others),
        *_attempts(attempts, answers),
        *_receipts(told["receipts"], answers, ended),
        *(
            {**_action(one), "event": "change", "state": _state(one)}
            for one in changes
            if not (_state(one) == "sending" and _instant(one["at"]) in begun)
            and not (_is_answer(one) and _instant(one["at"]) in ended | received)
        ),
        *(
            {**one, "at": one["closed_at"], "event": "duty_closed"}
            for one in told["duties"]
            if one["closed_at"] is not None
        ),
    ]
    # sorted() keeps the order above for what happened at the same instant
    return sorted(events, key=lambda one: _instant(one["at"]))


def folded(events: Iterable[Event]) -> Iterator[Event]:
    """Yield ``events``, repeats as one: ``times``, ``at`` of the first, ``last_at``."""
    for alike, group in groupby(events, key=_likeness):
        members = list(group)
        if alike is None:
            yield from members
        else:
            yield {**members[-1], "at": members[0]["at"]} | {
                "times": len(members),
                "last_at": members[-1]["at"],
            }


def _likeness(event: Event) -> tuple[Any, ...] | None:
    if event["event"] not in _FOLDED or event.get("reason"):
        return None
    if event["event"] == "attempt" and event["finished_at"] is None:
        return None
    return tuple(event.get(name) for name in _ALIKE)


def _versions(told: Mapping[str, Any]) -> Iterator[Event]:
    for one in told["versions"]:
        yield {**one, "at": one["created_at"], "event": "version"}


def _decision(event: str, one: Mapping[str, Any] | None) -> Iterator[Event]:
    if one is not None:
        yield {**one, "event": event}


def _attempts(
    attempts: Iterable[Mapping[str, Any]], states: Mapping[datetime, str | None]
) -> Iterator[Event]:
    for one in attempts:
        ended = one["finished_at"] and _instant(one["finished_at"])
        state = states.get(ended) if ended else None
        yield {**one, "at": one["request_started_at"], "event": "attempt", "state": state}


def _receipts(
    receipts: Iterable[Mapping[str, Any]],
    states: Mapping[datetime, str | None],
    ended: set[datetime],
) -> Iterator[Event]:
    for one in receipts:
        at = _instant(one["received_at"])
        # one that came as the answer of an attempt is told there
        state = None if at in ended else states.get(at)
        yield {**one, "at": one["received_at"], "event": "receipt", "state": state}


def _action(one: Mapping[str, Any]) -> Event:
    return {name: one[name] for name in ("at", "actor", "action", "reason", "details")}


def _state(one: Mapping[str, Any]) -> str | None:
    """Return the state that an audit entry is about, or None when it is about something else."""
    subject, _, state = str(one["action"]).partition(".")
    return state if subject == "submission" and "before" in one["details"] else None


def _is_answer(one: Mapping[str, Any]) -> bool:
    return not one["reason"] and "outcome" in one["details"]


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)
