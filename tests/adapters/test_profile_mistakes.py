"""Whatever is wrong with a profile is told with file and key; never a traceback, never a value.

Every key of every shipped profile is left out, misspelt, given a wrong type and an unknown
neighbour.
"""

import random
import tomllib
from collections.abc import Callable, Iterator
from copy import deepcopy
from functools import cache
from importlib import resources
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xinqiao.adapters.profile import SHIPPED, Profile, load_profile, read_profile
from xinqiao.errors import SettingsError
from xinqiao.records.kinds import KINDS

FILE = "platforms/own.toml"
NEVER_SHOWN = "s3cret-never-shown"

Path = tuple[Any, ...]


@cache
def as_shipped(name: str) -> dict[str, Any]:
    file = resources.files("xinqiao.adapters").joinpath("profiles", f"{name}.toml")
    return tomllib.loads(file.read_text("utf-8"))


def shipped(name: str) -> dict[str, Any]:
    return deepcopy(as_shipped(name))


def places(value: Any, path: Path = ()) -> Iterator[Path]:
    """Yield the path of every key and every element of a list."""
    pairs: Any = ()
    if isinstance(value, dict):
        pairs = value.items()
    if isinstance(value, list):
        pairs = enumerate(value)
    for key, inner in pairs:
        yield (*path, key)
        yield from places(inner, (*path, key))


def dotted(path: Path) -> str:
    text = ""
    for step in path:
        text += f"[{step + 1}]" if isinstance(step, int) else f".{step}"
    return text.lstrip(".")


ALL = [(name, path) for name in SHIPPED for path in places(shipped(name))]
KEYS = [(name, path) for name, path in ALL if isinstance(path[-1], str)]


def at(values: Any, path: Path) -> Any:
    for step in path:
        values = values[step]
    return values


def complaint(values: dict[str, Any]) -> str:
    """Return what is said about a profile; nothing when there is nothing to say."""
    told = None
    try:
        read_profile(values, file=FILE)
    except SettingsError as error:
        told = error
    if told is None:
        return ""
    first, *lines = told.message.splitlines()
    assert first == "平台配置有误，请更正后重试。"
    assert lines
    assert all(line.startswith(f"{FILE}：") for line in lines)
    assert told.__suppress_context__
    return told.message


def without_expressions(told: str) -> str:
    """Leave out a broken expression, the one thing that is quoted: its author must find it."""
    return told.replace(f"表达式「{NEVER_SHOWN}」", "")


def changed(name: str, path: Path, change: Callable[[Any, Any], None]) -> dict[str, Any]:
    values = shipped(name)
    change(at(values, path[:-1]), path[-1])
    return values


def leave_out(table: Any, key: Any) -> None:
    del table[key]


@pytest.mark.parametrize("name", SHIPPED)
def test_a_key_that_is_left_out_is_named_or_was_not_needed(name: str) -> None:
    named = 0
    for path in (path for one, path in KEYS if one == name):
        told = complaint(changed(name, path, leave_out))
        # a table that now lacks what others need is told by the rule that needs it
        names = {dotted(path), str(path[-1]), str(path[0])}
        assert not told or any(name in told for name in names), (path, told)
        named += f"{FILE}：{dotted(path)} 缺少这一项" in told
    assert named > 20


@pytest.mark.parametrize("name", SHIPPED)
def test_a_misspelt_key_is_named_with_the_one_that_was_meant(name: str) -> None:
    named = 0
    for path in (path for one, path in KEYS if one == name):
        wrong = f"{path[-1]}x"

        def misspell(table: Any, key: Any, wrong: str = wrong) -> None:
            table[wrong] = table.pop(key)

        told = complaint(changed(name, path, misspell))
        if not told:
            continue  # a key of the author's own: a parameter's name, a code of the platform
        names = {dotted((*path[:-1], wrong)), str(path[-1]), str(path[0])}
        assert any(name in told for name in names), (path, told)
        named += f"是否想写 {path[-1]}" in told
    assert named > 40


WRONG: list[Any] = [5, 0.5, True, "", NEVER_SHOWN, [], [NEVER_SHOWN], {}, {"x": NEVER_SHOWN}]


@pytest.mark.parametrize("wrong", WRONG, ids=repr)
@pytest.mark.parametrize("name", SHIPPED)
def test_a_value_of_a_wrong_type_is_told_by_its_key_and_never_quoted(name: str, wrong: Any) -> None:
    named = 0
    for path in (path for one, path in ALL if one == name):

        def spoil(table: Any, key: Any) -> None:
            table[key] = deepcopy(wrong)

        told = complaint(changed(name, path, spoil))
        named += dotted(path) in told
        assert not told or dotted(path) in told or str(path[0]) in told, (path, told)
        assert NEVER_SHOWN not in without_expressions(told)
    assert named > 20


@pytest.mark.parametrize("name", SHIPPED)
def test_an_unknown_key_is_refused_in_every_table(name: str) -> None:
    told = 0
    for path in [(), *(path for one, path in ALL if one == name)]:
        values = shipped(name)
        table = at(values, path)
        if isinstance(table, dict):
            table["zzz"] = 1
            said = complaint(values)
            # a free table takes any key, but only texts as values
            assert f"{FILE}：{dotted((*path, 'zzz'))} " in said, path
            told += "不是认识的项" in said
    assert told > 15


BY_KIND = [
    (name, path)
    for name, path in ALL
    if isinstance(at(shipped(name), path), dict) and "permit" in at(shipped(name), path)
]


KINDS_SAID = "、".join(KINDS)


@pytest.mark.parametrize(("name", "path"), BY_KIND, ids=str)
def test_a_record_kind_that_there_is_not_is_refused_with_the_nearest_one(
    name: str, path: Path
) -> None:
    values = shipped(name)
    table = at(values, path)
    table["permits"] = table.pop("permit")
    told = complaint(values)
    said = f"{FILE}：{dotted((*path, 'permits'))} 应为 {KINDS_SAID} 之一，是否想写 permit"
    assert said in told.splitlines()


def test_all_tables_by_record_kind_are_among_those_tried() -> None:
    tried = {dotted(path) for _, path in BY_KIND}
    assert tried >= {"withdraw", "words.kinds", "transport.tables", "transport.templates"}


def test_a_correction_or_page_of_a_record_kind_that_there_is_not_is_refused() -> None:
    values = shipped("credit_shandong") | {"corrections": {"penaltys": "update"}}
    said = f"corrections.penaltys 应为 {KINDS_SAID} 之一，是否想写 penalty"
    assert said in complaint(values)


def keys_of(part: Any) -> set[str]:
    return set(type(part).model_fields)


def test_the_nearest_key_is_one_of_the_same_transport_and_step() -> None:
    profile = load_profile("credit_shandong", {})
    values = shipped("credit_shandong")
    values["transport"]["foldr"] = "x"
    told = complaint(values)
    assert "transport.foldr 不是认识的项" in told
    assert "想写 folder" not in told
    values = shipped("credit_shandong")
    values["authentication"][0]["zzz"] = "x"
    listed = complaint(values).partition("这里可以写 ")[2].split("、")
    assert set(listed) == keys_of(profile.authentication[0])


def test_a_misspelt_word_of_a_table_of_words_is_told_with_the_nearest() -> None:
    values = shipped("credit_shandong")
    values["words"]["operations"]["insrt"] = values["words"]["operations"].pop("insert")
    told = complaint(values)
    assert "words.operations.insrt 应为 insert、update、withdraw、take_down 之一" in told
    assert told.endswith("，是否想写 insert")


def test_what_does_not_fit_together_is_told_with_file_and_keys() -> None:
    values = shipped("credit_shandong")
    del values["operations"]["poll"]
    assert complaint(values).endswith(f"{FILE}：receipts.mode = poll 需要 operations.poll")
    overlay = {"receipts": {"mode": "status_column"}}
    with pytest.raises(SettingsError) as refused:
        load_profile("credit_shandong", overlay, overlay_file=FILE)
    assert f"{FILE}：transport.type = http 时 receipts.mode 可用的有" in refused.value.message


def test_another_transport_is_not_mixed_with_the_shipped_ones_keys() -> None:
    overlay = {"transport": {"type": "python", "source": "自拟", "connector": "ours"}}
    with pytest.raises(SettingsError) as refused:
        load_profile("credit_shandong", overlay, overlay_file=FILE)
    lines = refused.value.message.splitlines()[1:]
    assert lines == [f"{FILE}：transport.total_seconds 缺少这一项"]


@settings(max_examples=150, deadline=None)
@given(seed=st.integers(0, 2**32), count=st.integers(1, 6))
def test_any_number_of_mistakes_at_once_is_told_and_never_a_traceback(
    seed: int, count: int
) -> None:
    chance = random.Random(seed)  # noqa: S311 - repeatable chance, no secret
    name = chance.choice(SHIPPED)
    values = shipped(name)
    for _ in range(count):
        path = chance.choice(list(places(values)))
        table, key = at(values, path[:-1]), path[-1]
        what = chance.randrange(3)
        if what == 0:
            del table[key]
        elif what == 1:
            table[key] = deepcopy(chance.choice(WRONG))
        elif isinstance(table, dict):
            table[f"{key}q"] = table.pop(key)
    told = complaint(values)
    assert NEVER_SHOWN not in without_expressions(told)
    if not told:
        assert isinstance(read_profile(values, file=FILE), Profile)
