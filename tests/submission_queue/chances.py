"""Chances: what hypothesis may choose for a walk, and how likely each is."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from tests.submission_queue.fates import TROUBLED, Fate, Nature

WORKERS = ("one", "two", "three")
LEASE_OVER = 61
"""Seconds after which the lease of a worker that gave no word is over."""

KINDS: Mapping[str, Nature] = {
    "decides later and says so": Nature(decides_later=True),
    "shows only much later what it took": Nature(poll=False, visible_after=600),
    "knows its numbers": Nature(poll=False, knows_numbers=True, visible_after=600),
    "takes identical batches once": Nature(
        poll=False, query=False, deduplicates=True, refuses_whole=True
    ),
    "tells receipts only": Nature(query=False, deduplicates=True, decides_later=True),
    "refuses whole batches with its receipts": Nature(
        decides_later=True, refuses_whole=True, refuses_later=True
    ),
    "cannot be asked at all": Nature(poll=False, query=False),
}
"""Each walks alone: left to chance, one kind would crowd out the others."""

WHICH = st.integers(0, 11)


@dataclass(frozen=True)
class Trouble:
    """Something that befalls a worker once.

    Attributes:
        freezes: Whether it sleeps past its lease while another one works; else it dies.
        where: At which step.
        nth: At the how manieth time it comes there, from 0.
    """

    freezes: bool
    where: str
    nth: int


TROUBLES = st.none() | st.builds(
    Trouble,
    freezes=st.sampled_from([True, True, False]),
    where=st.sampled_from(["rendering", "beginning", "calling", "storing"]),
    nth=st.sampled_from([0, 0, 0, 1]),
)

FATES = [fate for fate in Fate for _ in range(1 if fate in TROUBLED else 3)]
"""Rarely trouble that makes everybody leave the platform alone: little happens then."""

WORK: dict[str, Any] = {
    "who": st.permutations(WORKERS),
    "fates": st.lists(st.sampled_from(FATES), max_size=2),
    "deaf": st.sampled_from([0, 0, 0, 1]),
    "trouble": TROUBLES,
    "wait": st.sampled_from([80, 67, 560, 6, 0]),
}
