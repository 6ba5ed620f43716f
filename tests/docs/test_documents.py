"""The documents say what the code does, and nothing that only one machine knows."""

import ast
import re
import shlex
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import click
import pytest

from xinqiao.cli import cli
from xinqiao.queue.states import CHINESE, diagram

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
DESIGN = ROOT / "docs" / "design.md"
GUARANTEES = ROOT / "docs" / "guarantees.md"
DOCUMENTS = (*sorted(ROOT.glob("*.md")), *sorted(ROOT.glob("docs/**/*.md")), ROOT / "LICENSE")

_OPTION = re.compile(r"--[a-z-]+")
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_TEST = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")


def commands(group: click.Group = cli, path: str = "") -> Iterator[tuple[str, click.Command]]:
    """Yield the words and the command, for every command that does something."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        words = f"{path} {name}".strip()
        if isinstance(command, click.Group):
            yield from commands(command, words)
        if not isinstance(command, click.Group) or command.invoke_without_command:
            yield words, command


COMMANDS = dict(commands())


def options(command: click.Command) -> set[str]:
    """Return the long options of a command."""
    return {
        name
        for parameter in command.params
        if isinstance(parameter, click.Option)
        for name in parameter.opts
        if name.startswith("--")
    }


def command_of(words: list[str]) -> tuple[str, click.Command] | None:
    """Return the command that a line begins with."""
    for length in (3, 2, 1):
        name = " ".join(words[:length])
        if name in COMMANDS:
            return name, COMMANDS[name]
    return None


def table_rows() -> dict[str, set[str]]:
    """Return command → options, as README's table of commands shows them.

    A word in capitals that README explains as "WORD is any of …" stands for those options.
    """
    explained = re.findall(r"\b([A-Z]+) is any of `([^`]+)`", README.read_text("utf-8"))
    rows = {}
    for line in re.findall(r"^\| `([^`]+)` \|", README.read_text("utf-8"), re.MULTILINE):
        found = command_of(line.split())
        if found is not None:
            short = [names for word, names in explained if re.search(rf"\b{word}\b", line)]
            rows[found[0]] = set(_OPTION.findall(" ".join([line, *short])))
    return rows


def command_lines() -> list[list[str]]:
    """Return the words after ``xinqiao`` of every command line in a document's shell block."""
    lines = []
    for path in DOCUMENTS:
        for block in re.findall(r"```sh\n(.*?)```", path.read_text("utf-8"), re.DOTALL):
            for line in block.splitlines():
                words = shlex.split(line, comments=True)
                if words[:1] == ["xinqiao"]:
                    lines.append(words[3:] if words[1] == "-w" else words[1:])
    return lines


@cache
def functions_of(path: str) -> frozenset[str]:
    """Return the names of the functions in a test file."""
    tree = ast.parse((ROOT / path).read_text("utf-8"))
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


def anchors_of(path: Path) -> set[str]:
    """Return the anchors that a page's headings have when it is shown, and those it sets itself."""
    page = path.read_text("utf-8")
    headings = re.findall(r"^#+ (.+)$", page, re.MULTILINE)
    slugs = {re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-") for text in headings}
    return slugs | set(re.findall(r'^<a id="([\w-]+)"></a>$', page, re.MULTILINE))


def test_the_diagram_of_the_guarantees_is_the_table_of_states() -> None:
    between = re.search(
        r"<!-- states: begin -->\n```mermaid\n(.*?)\n```\n<!-- states: end -->",
        GUARANTEES.read_text("utf-8"),
        re.DOTALL,
    )
    assert between is not None
    assert between[1] == diagram()


def test_the_guarantees_name_every_state_in_chinese() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (\S+) \|", GUARANTEES.read_text("utf-8"), re.MULTILINE)
    assert dict(rows) == {state.value: name for state, name in CHINESE.items()}


def test_readme_lists_every_command() -> None:
    assert set(table_rows()) == set(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_readme_lists_every_option_and_no_other(name: str) -> None:
    assert table_rows()[name] == options(COMMANDS[name])


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_and_option_has_help(name: str) -> None:
    command = COMMANDS[name]
    assert command.help
    assert [
        one.name for one in command.params if isinstance(one, click.Option) and not one.help
    ] == []


@pytest.mark.parametrize("words", command_lines(), ids=" ".join)
def test_every_command_line_shown_can_be_typed(words: list[str]) -> None:
    found = command_of(words)
    assert found is not None
    _, command = found
    assert {word for word in words if _OPTION.fullmatch(word)} <= options(command)


def test_every_dependency_has_its_reason() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"].values()
    wanted = {
        re.split(r"[<>=!~\[; ]", line)[0]
        for line in (*project["dependencies"], *(line for extra in extras for line in extra))
    }
    section = DESIGN.read_text("utf-8").partition("\n## Dependencies\n")[2]
    reasons = dict(re.findall(r"^\| `([\w-]+)` \| ([^|]+?) \|", section, re.MULTILINE))
    assert set(reasons) == wanted
    assert all(reasons.values())


def test_every_promise_names_tests_that_exist() -> None:
    text = GUARANTEES.read_text("utf-8")
    promised = text.partition("\n## Promised\n")[2].partition("\n## Not promised\n")[0]
    without = [
        part.splitlines()[0] for part in promised.split("\n### ")[1:] if not _TEST.search(part)
    ]
    assert without == []
    missing = [
        f"{path}::{name}"
        for path, name in _TEST.findall(text)
        if not (ROOT / path).is_file() or name not in functions_of(path)
    ]
    assert missing == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_relative_links_resolve(path: Path) -> None:
    broken = []
    for link in _LINK.findall(path.read_text("utf-8")):
        if "://" in link:
            continue
        target, _, anchor = link.partition("#")
        page = (path.parent / target).resolve() if target else path
        if not page.exists() or (anchor and anchor not in anchors_of(page)):
            broken.append(link)
    assert broken == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_no_document_names_a_registry_or_a_place_on_one_machine(path: Path) -> None:
    text = path.read_text("utf-8")
    # no host of anybody's at all: a registry's is one of them
    host = r"\b(?:[a-z0-9-]+\.)+(?:org|com|net|io|dev|cn|gov|edu)\b"
    registry = rf"{host}|index-url|extra-index|/simple\b"
    place = (
        r"(?<![\w.:/~-])/(?:home|root|work|tmp|usr|var|opt|etc|srv|mnt|Users)\b|file://|[A-Z]:\\"
    )
    assert re.findall(registry, text, re.IGNORECASE) == []
    assert re.findall(place, text) == []
