"""What a place is, and how one that hangs is kept from holding up the others."""

import threading
from collections.abc import Callable
from typing import Protocol, TypeVar

from xinqiao.errors import BusyError, XinqiaoError

Result = TypeVar("Result")

SECONDS = 30.0
"""How long a place may take for one anchor."""


class Place(Protocol):
    """Somewhere outside where anchors are kept.

    Attributes:
        name: What it is called in the log and in settings, such as ``folder:/mnt/disk``.
    """

    @property
    def name(self) -> str:
        """What it is called."""

    def put(self, file_name: str, text: str) -> None:
        """Leave an anchor there; one that lies there already is left alone.

        Raises:
            XinqiaoError: It cannot be done now; says what to do.
        """


class Bounded:
    """Runs what may hang beside the caller, and waits for so long and no longer.

    A network folder whose server is away blocks whoever touches it, and nothing ends such a call.
    So it is made in a thread that nobody waits for; while one hangs, no second one is begun for the
    same place.

    Args:
        seconds: How long to wait.
    """

    def __init__(self, seconds: float = SECONDS) -> None:
        """Begin with nothing under way."""
        self._seconds = seconds
        self._under_way: dict[str, threading.Thread] = {}

    def run(self, name: str, work: Callable[[], Result]) -> Result:
        """Return what ``work`` returns, if it does so in time.

        Raises:
            BusyError: It did not, or the one before still hangs.
            XinqiaoError: As ``work``.
        """
        hanging = self._under_way.get(name)
        if hanging is not None and hanging.is_alive():
            raise self._hangs(name)
        results: list[Result] = []
        failures: list[BaseException] = []

        def attempt() -> None:
            try:
                results.append(work())
            except BaseException as error:  # noqa: BLE001 - handed to the caller below
                failures.append(error)

        thread = threading.Thread(target=attempt, name=f"anchors to {name}", daemon=True)
        self._under_way[name] = thread
        thread.start()
        thread.join(self._seconds)
        if thread.is_alive():
            raise self._hangs(name)
        if failures:
            raise failures[0]
        return results[0]

    def _hangs(self, name: str) -> XinqiaoError:
        return BusyError(
            f"{name} 在 {self._seconds:.0f} 秒内没有回应：请检查网络和对方是否在线，稍后自动再试",
            code="anchor_place_hangs",
        )
