"""A worker that dies of some records: ``python -m tests.crash.poisoned ROOT NUMBER=WHERE …``.

It dies while it renders the record (``render``), before anything could be sent, or while the
platform is called (``send``).
"""

import os
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from xinqiao.adapters.connector import ProfileConnector
from xinqiao.daemon import Daemon
from xinqiao.mapping.engine import CompiledFormat


def die() -> None:
    """End as a fault in a library would end a process: at once, with nothing put in order."""
    os.kill(os.getpid(), signal.SIGKILL)


def poison(deadly: Mapping[str, str]) -> None:
    """Make records deadly: document number → where one dies of it."""
    render, submit = CompiledFormat.render, ProfileConnector.submit

    def deadly_render(self: CompiledFormat, content: Any) -> Any:
        if deadly.get(content.get("document_number")) == "render":
            die()
        return render(self, content)

    def deadly_submit(self: ProfileConnector, batch: Any, *rest: Any) -> Any:
        rows: Sequence[Any] = batch.rows
        if any(deadly.get(row.key) == "send" for row in rows):
            die()
        return submit(self, batch, *rest)

    CompiledFormat.render = deadly_render  # type: ignore[method-assign] # the flaw is put in here
    ProfileConnector.submit = deadly_submit  # type: ignore[method-assign, assignment] # the same


if __name__ == "__main__":
    poison(dict(way.split("=") for way in sys.argv[2:]))
    Daemon(Path(sys.argv[1]), print).run()
