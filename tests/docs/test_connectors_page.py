"""The walk-throughs of docs/connectors.md are run as they stand on the page."""

import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import ClassVar

import pytest

from tests.docs.county_platform import KEY, CountyPlatform
from xinqiao.adapters.base import Connector, Credentials, Operation, Surroundings
from xinqiao.adapters.connector import build
from xinqiao.adapters.profile import SHIPPED, read_profile
from xinqiao.clock import Clock
from xinqiao.config.workspace import Workspace
from xinqiao.connections import read_connections
from xinqiao.testing import ConnectorConformance, Fault, Stand, Variation

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "connectors.md").read_text("utf-8")

_BLOCK = re.compile(r"^```(\w+)(?: file=(\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def section(title: str) -> str:
    """Return a section of the page."""
    return PAGE.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def blocks(text: str) -> list[tuple[str, str, str]]:
    """Return language, file name and content of every block of code."""
    return [(one[1], one[2] or "", one[3]) for one in _BLOCK.finditer(text)]


PROFILE = "\n".join(
    content
    for language, _, content in blocks(section("Walk-through: a platform by profile"))
    if language == "toml"
)


class CountyStand(Stand):
    """The county's platform as the page's prose describes it."""

    platform = "county_credit"
    secrets = (KEY,)
    operations = frozenset({Operation.INSERT, Operation.UPDATE})
    variations = frozenset(Variation)
    answers_in_bytes = True
    names: ClassVar[Mapping[Fault, str]] = {
        Fault.SILENT_AFTER: "silent",
        Fault.RESET_MID_ANSWER: "page",
        Fault.RATE_LIMITED: "fast",
        Fault.BUSY: "busy",
        Fault.FAILURE_INSIDE_SUCCESS: "odd",
        Fault.UNREADABLE_WHEN_ASKED: "page",
        Fault.ROW_REFUSED: "",
    }
    faults = frozenset(names)

    def __init__(self, county: CountyPlatform) -> None:
        self.county = county

    def connect(self, variation: Variation | None = None) -> Connector:
        values = tomllib.loads(PROFILE)
        values["transport"]["base_url"] = {
            Variation.UNREACHABLE: "http://127.0.0.1:9",
            Variation.ABROAD: "https://county-credit.invalid",
        }.get(variation or Variation.IMPATIENT, self.county.address)
        values["transport"]["attempts"] = 1
        if variation is Variation.IMPATIENT:
            values["transport"] |= {"read_seconds": 0.5, "total_seconds": 1}
        key = "wrong" if variation is Variation.WRONG_CREDENTIALS else KEY
        return build(
            read_profile(values, file="platforms/county_credit.toml"),
            Surroundings(
                Credentials({"app_key": key}),
                Clock(),
                settings={"organisation_code": "11370323MB2826290X"},
                rehearsal=True,
            ),
        )

    def values(self, key: str, operation: Operation, version: int) -> Mapping[str, str]:
        return {"XK_WSH": key, "XK_NR": f"道路旅客运输站经营第{version}次{operation.value}"}

    def effects(self) -> Mapping[str, int]:
        return dict(self.county.book)

    def settle(self) -> None:
        """Do nothing: it stores while it is called."""

    def cause(self, fault: Fault, rows: Sequence[int] = ()) -> None:
        self.county.fault = self.names[fault]
        self.county.refused = tuple(rows)


class TestTheProfileOfTheWalkThrough(ConnectorConformance):
    @pytest.fixture
    def stand(self) -> Iterator[Stand]:
        county = CountyPlatform()
        yield CountyStand(county)
        county.stop()


def test_the_profile_of_the_walk_through_is_a_platform_of_the_workspaces_own(
    rehearsal: Workspace,
) -> None:
    rehearsal.root.joinpath("platforms", "county_credit.toml").write_text(PROFILE, "utf-8")
    made = read_connections(rehearsal).require("county_credit")
    assert made.profile.name == "县信用平台"
    assert made.profile.status == "reference"
    # a fresh workspace of either kind can send by it
    made.check_lease("county_credit", rehearsal.settings.delivery.lease_seconds)


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package of the page, written out and installed beside itself."""
    folder = tmp_path_factory.mktemp("xinqiao-line-machine")
    for _, name, content in blocks(section("Walk-through: a connector in Python")):
        if name:
            folder.joinpath(name).write_text(content, "utf-8")
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index"]
    command += ["--no-build-isolation", "--target", str(folder / "installed"), str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stderr
    # what is proven is what was installed
    folder.joinpath("xinqiao_line_machine.py").unlink()
    return folder


def test_the_package_of_the_walk_through_is_found_and_passes_the_suite(package: Path) -> None:
    paths = [package / "installed", ROOT, ROOT / "tests" / "docs"]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(map(str, paths))}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", "error"]
    done = subprocess.run(
        [*command, str(package / "test_conformance.py")],
        cwd=package,
        env=environment,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    told = re.search(r"(\d+) passed", done.stdout)
    assert done.returncode == 0, done.stdout
    assert told is not None
    assert int(told[1]) >= 20


def test_the_package_has_the_files_that_the_page_shows() -> None:
    text = section("Walk-through: a connector in Python")
    named = {name for _, name, _ in blocks(text) if name}
    shown = set(re.findall(r"[├└]── (\S+)", text))
    assert shown <= named
    assert named - shown == {"line_machine.toml"}


@pytest.mark.parametrize(
    "content", [content for language, _, content in blocks(PAGE) if language == "toml"]
)
def test_every_block_of_toml_on_the_page_is_toml(content: str) -> None:
    assert tomllib.loads(content)


def test_the_page_lists_every_shipped_profile() -> None:
    before = PAGE.partition("\n## ")[0]
    listed = re.findall(r"^\| `(\w+)` \|", before, re.MULTILINE)
    assert sorted(listed) == sorted(SHIPPED)
