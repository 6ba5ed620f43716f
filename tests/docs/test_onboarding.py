"""Every key that the page on connecting platforms names is one that can be set."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args, get_origin

import pytest
from pydantic import BaseModel

from xinqiao.adapters.profile import Profile, load_profile
from xinqiao.config.settings import Settings
from xinqiao.mapping.registry import formats
from xinqiao.mapping.tables import CodeTable, FormatTable, Status
from xinqiao.records.kinds import KINDS
from xinqiao.routing.exemptions import exemptions
from xinqiao.routing.platforms import platforms
from xinqiao.routing.routes import routes_of
from xinqiao.routing.rules import rules
from xinqiao.routing.switches import checked_switches
from xinqiao.routing.tables import shipped_table

PAGE = Path(__file__).parents[2] / "docs" / "onboarding.md"
TEXT = PAGE.read_text("utf-8")
KEYS = sorted(set(re.findall(r"`([a-z]+):([a-z_]+(?:\.[a-z_]+)*)`", TEXT)))


def models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    """Yield every model that a value of ``annotation`` may be or hold."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from models_in(part)


def is_table(annotation: Any) -> bool:
    """Tell whether a value of ``annotation`` may be a table with keys of any name."""
    return get_origin(annotation) is dict or any(is_table(one) for one in get_args(annotation))


def exists(model: type[BaseModel], path: list[str]) -> bool:
    """Tell whether ``path`` leads to a key of ``model``."""
    key, *rest = path
    info = next(
        (
            one
            for name, one in model.model_fields.items()
            if key in {name, one.alias, one.validation_alias}
        ),
        None,
    )
    if info is None:
        return False
    if not rest:
        return True
    if any(exists(one, rest) for one in models_in(info.annotation)):
        return True
    return is_table(info.annotation) and not list(models_in(info.annotation))


MODELS: dict[str, type[BaseModel]] = {
    "profile": Profile,
    "settings": Settings,
    "format": FormatTable,
    "codes": CodeTable,
}
TABLES = ("rules", "routes", "publication", "exemptions", "information", "severities")


@pytest.mark.parametrize(("file", "path"), [one for one in KEYS if one[0] in MODELS])
def test_a_key_of_a_profile_a_setting_or_a_format_exists(file: str, path: str) -> None:
    assert exists(MODELS[file], path.split("."))


@pytest.mark.parametrize(("file", "path"), [one for one in KEYS if one[0] in TABLES])
def test_a_key_of_a_table_of_rules_is_explained_at_its_head(file: str, path: str) -> None:
    row, key = path.split(".")
    text = shipped_table(f"{file}.toml").text
    assert f"[[{row}]]" in text
    assert re.search(rf"^#.*\b{key}\b", text, re.MULTILINE)


def test_no_key_is_left_unchecked() -> None:
    assert {file for file, _ in KEYS} == {*MODELS, *TABLES, "secret"}


def test_a_key_that_does_not_exist_would_be_found() -> None:
    assert not exists(Profile, ["receipts", "pol_after_seconds"])
    assert not exists(Profile, ["transport", "base_urll"])
    assert not exists(Settings, ["deadlines", "count"])
    assert not exists(FormatTable, ["field", "lenght"])


def section(platform: str) -> str:
    """Return what the page says of a platform."""
    (found,) = (part for part in TEXT.split("\n## ") if f"`{platform}`" in part.split("\n")[0])
    return found


@pytest.mark.parametrize("platform", platforms())
def test_each_platform_has_its_questions_and_every_one_leads_to_something(platform: str) -> None:
    text = section(platform)
    asked = set(re.findall(r"^> (\d+)\. ", text, re.MULTILINE))
    answered = {
        number
        for cell in re.findall(r"^\| ([\d, ]+) \| .+ \| .+ \|$", text, re.MULTILINE)
        for number in cell.split(", ")
    }
    assert asked == answered
    assert len(asked) == max(map(int, asked))
    assert "\n未知：" in text


@pytest.mark.parametrize("platform", platforms())
def test_the_secrets_are_those_that_the_shipped_profile_asks_for(platform: str) -> None:
    named = set(re.findall(r"`secret:(\w+)`", section(platform)))
    assert named == set(load_profile(platform, {}).credentials)


def test_the_switches_named_are_ones_that_can_be_set() -> None:
    for path in (path for file, path in KEYS if file == "settings"):
        part, *rest = path.split(".")
        if part == "routes":
            kind, platform = rest
            checked_switches({kind: {platform: True}})
        if part == "exemptions":
            assert rest[0] in exemptions()


def test_the_limits_named_in_brackets_exist() -> None:
    named = set(re.findall(r"\((D\d+[a-z]?(?:, D\d+[a-z]?)*)\)", TEXT))
    assert named
    assert {one for group in named for one in group.split(", ")} <= set(rules())


def value_at(profile: dict[str, Any], path: str) -> str | None:
    """Return what a profile says at ``path``, where that is one word; None where it is more."""
    found: Any = profile
    for key in path.split("."):
        if not isinstance(found, dict) or key not in found:
            return None
        found = found[key]
    if isinstance(found, bool):
        return "是" if found else "否"
    if found is None:
        return "没有"
    if path.startswith("operations.") and path.count(".") == 1:
        return "有"
    if isinstance(found, list | dict):
        return None
    return str(found) or "空"


def assumed(platform: str, cell: str) -> str:
    """Return what holds now for the keys that an answer changes, in the page's words."""
    profile = load_profile(platform, {}).model_dump(mode="json")
    told = [
        f"{path} = {value}"
        for path in re.findall(r"`profile:([a-z_.]+)`", cell)
        if (value := value_at(profile, path)) is not None
    ]
    if "`format:" in cell or "`codes:" in cell:
        fields = [field for one in formats() if one.platform == platform for field in one.fields]
        confirmed = sum(field.status is Status.CONFIRMED for field in fields)
        told.append(f"字段 {len(fields)} 项，其中已确认 {confirmed} 项")
    for kind, where in re.findall(r"`settings:routes\.(\w+)\.(\w+)`", cell):
        words = {"on": "默认报送", "off": "默认不报送"}
        default = next(one.default for one in routes_of(kind) if one.platform == where)
        told.append(f"{KINDS[kind].name} → {where} {words[default.value]}")
    for group in re.findall(r"\((D\d+[a-z]?(?:, D\d+[a-z]?)*)\)", cell):
        for name in group.split(", "):
            limit = rules()[name]
            told.append(f"{name} {limit.days} 个工作日（{'法定' if limit.legal else '内部时限'}）")
    return "；".join(dict.fromkeys(told)) or "—"


@pytest.mark.parametrize("platform", platforms())
def test_what_is_assumed_now_stands_beside_each_question(platform: str) -> None:
    rows = re.findall(r"^\| ([\d, ]+) \| (.+) \| ([^|]+) \|$", section(platform), re.MULTILINE)
    assert rows
    assert {number: said for number, _, said in rows} == {
        number: assumed(platform, cell) for number, cell, _ in rows
    }


def test_headings_are_chinese_and_the_page_says_first_who_can_enter_what() -> None:
    headings = re.findall(r"^#+ (.+)$", TEXT, re.MULTILINE)
    assert [one for one in headings if one[0].isascii()] == []
    assert headings[1] == "谁来填 Who enters an answer"
