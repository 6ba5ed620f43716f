"""How a rehearsal travels over any shipped profile to the stand-in that is made for it."""

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from click.testing import CliRunner, Result

from tests.e2e.rehearsal import PLATFORM, Rehearsal
from tests.support import wait_until
from xinqiao.audit.verification.chain import verify
from xinqiao.cli import cli
from xinqiao.config.workspace import Workspace
from xinqiao.database.tables import batch as batches
from xinqiao.simulator.process import SimulatorProcess, start


@dataclass(frozen=True)
class Way:
    """How a rehearsal reaches the stand-in of one profile.

    Attributes:
        transport: Lines of ``[transport]``, with ``{port}`` and ``{where}`` to be filled in.
        where: What the stand-in serves, below the workspace; empty for HTTP.
        visible_after: Seconds after which "absent" is believed.
        capabilities: Further lines of ``[capabilities]``.
        more: Further lines of the platform file.
        secrets: Its credentials.
        by_hand: Whether a clerk carries files to the platform.
        corrected: What the platform's book says of a record that was corrected once.
        withdrawn: The same of one that was withdrawn.
    """

    transport: str
    where: str = ""
    visible_after: float = 0.2
    capabilities: str = ""
    more: str = ""
    secrets: Mapping[str, str] = field(default_factory=dict)
    by_hand: bool = False
    corrected: tuple[str, ...] = ("insert", "update")
    withdrawn: tuple[str, ...] = ("insert", "update")


_OVER_HTTP = 'base_url = "http://127.0.0.1:{port}"\nread_seconds = 0.5\ntotal_seconds = 1.2'
DATABASE_TRANSPORT = """url = "sqlite:///{where}"
connect_seconds = 1
statement_seconds = 1
total_seconds = 3"""
_DATABASE = {"database_user": "rehearsal", "database_password": "rehearsal-only"}
WAYS = {
    "credit_shandong": Way(
        _OVER_HTTP, secrets={"client_id": "xinqiao-demo", "client_secret": "rehearsal-only"}
    ),
    "sd_gateway_credit": Way(
        _OVER_HTTP,
        more='[values]\nresource_provider_id = "xinqiao-provider"',
        secrets={
            "api_key": "rehearsal-gateway-key",
            "client_id": "xinqiao-demo",
            "client_secret": "rehearsal-only",
        },
    ),
    "async_serial": Way(
        _OVER_HTTP, secrets={"app_id": "xinqiao-demo", "app_secret": "rehearsal-only"}
    ),
    "credit_frontdb_2018": Way(
        DATABASE_TRANSPORT,
        where="var/front.db",
        visible_after=3.1,
        secrets=_DATABASE,
    ),
    "void_and_insert": Way(
        DATABASE_TRANSPORT,
        where="var/front.db",
        visible_after=3.1,
        secrets=_DATABASE,
        corrected=("insert", "void", "insert"),
        withdrawn=("insert", "void"),
    ),
    "transport_csv_folder": Way(
        'folder = "{where}/in"\ntotal_seconds = 1.2',
        where="var/exchange",
        more='[receipts.file]\nfolder = "{where}/out"\nsettle_seconds = 0',
    ),
    "credit_template_2018": Way(
        'folder = "{root}/var/outbox"\ntotal_seconds = 1.2',
        where="var/page",
        by_hand=True,
    ),
}
"""Shipped profile → the way to its stand-in."""

_PLATFORM_FILE = """
profile = "{profile}"

[transport]
{transport}

[capabilities]
visible_after_seconds = {visible_after}
{capabilities}

[receipts]
poll_after_seconds = 0.05
poll_every_seconds = 0.05
expected_within_seconds = 600
{more}
"""


def set_up(root: Path, profile: str, way: Way, port: int) -> None:
    """Write the platform's file, its secrets, and settings that wait for nobody."""

    def fill(text: str) -> str:
        places = {"{port}": str(port), "{where}": str(root / way.where), "{root}": str(root)}
        for place, word in places.items():
            text = text.replace(place, word)
        return text

    told = _PLATFORM_FILE.replace("{profile}", profile)
    told = told.replace("{transport}", way.transport).replace("{more}", way.more)
    told = told.replace("{capabilities}", way.capabilities)
    told = told.replace("{visible_after}", str(way.visible_after))
    (root / "platforms" / f"{PLATFORM}.toml").write_text(fill(told), "utf-8")
    secrets = root / "secrets" / f"{PLATFORM}.toml"
    secrets.write_text("".join(f'{name} = "{it}"\n' for name, it in way.secrets.items()), "utf-8")
    secrets.chmod(0o600)
    settings = root / "xinqiao.toml"
    text = settings.read_text("utf-8").replace("lease_seconds = 60", "lease_seconds = 10")
    settings.write_text(
        text.replace("backoff_first_seconds = 1", "backoff_first_seconds = 0.1"), "utf-8"
    )


@dataclass
class Journey:
    """A rehearsal that goes by one profile."""

    rehearsal: Rehearsal
    way: Way

    @property
    def simulator(self) -> SimulatorProcess:
        return self.rehearsal.simulator

    def settle(self, **expected: int) -> None:
        """Make passes, and be the clerk, until the submissions stand as ``expected``."""

        def settled() -> bool:
            self.rehearsal.sync()
            if self.way.by_hand:
                self.carry()
            return self.rehearsal.states() == expected

        wait_until(settled, lambda: f"{self.rehearsal.states()} instead of {expected}")

    def carry(self) -> None:
        """Do what a clerk does: upload the packages, fetch the results, record them."""
        root = self.rehearsal.workspace.root
        for notice in sorted((root / "var" / "outbox").glob("*/*/说明.txt")):
            package = notice.parent
            (file,) = (one for one in package.iterdir() if one != notice)
            operation = operation_of(self.rehearsal, package.name)
            page = root / self.way.where
            place = page / "uploads" / operation / file.name
            result = page / "results" / f"{file.name}_result.xlsx"
            if not place.exists() and not result.exists():
                part = place.with_name(f".{place.name}")
                part.write_bytes(file.read_bytes())
                part.rename(place)
            wait_until(result.exists, lambda: "the page gave no result")
            confirmed = run(
                root,
                *("queue", "confirm-delivery", package.name),
                *("--result-file", str(result), "--reason", "平台已给出结果"),
            )
            assert confirmed.exit_code in (0, 3), confirmed.output

    def effects(self) -> dict[str, int]:
        told: dict[str, int] = self.simulator.received()["effects"]
        return told

    def prove_chain(self) -> None:
        with self.rehearsal.hub.database.reading() as connection:
            assert verify(connection).ok


def operation_of(rehearsal: Rehearsal, batch: str) -> str:
    """Return what was asked for the rows of a batch."""
    with rehearsal.hub.database.reading() as connection:
        statement = sa.select(batches.c.operation).where(batches.c.number == batch)
        return str(connection.execute(statement).scalar_one())


def run(root: Path, *arguments: str) -> Result:
    """Run a command as an operator would."""
    return CliRunner().invoke(cli, ["-w", str(root), *arguments])


def number(one: int) -> str:
    """Return the document number of one permit."""
    return f"云交许〔2026〕{one:04}号"


def begin(workspace: Workspace, profile: str, running: ExitStack, **changes: Any) -> Journey:
    """Start the stand-in of a profile, and let the workspace reach it.

    Args:
        workspace: The rehearsal.
        profile: A shipped profile.
        running: Ends the stand-in.
        changes: What is otherwise in the profile's :class:`Way`.
    """
    way = replace(WAYS[profile], **changes)
    place = workspace.root / way.where
    where = "" if not way.where else str(place)
    if way.transport.startswith(DATABASE_TRANSPORT):
        where = f"sqlite:///{place}"
    simulator = running.enter_context(start(profile, where=where))
    set_up(workspace.root, profile, way, simulator.port)
    return Journey(Rehearsal(workspace, simulator), way)
