"""What is wrong with a chain is told when the profile is read, with the key."""

import re
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter

from tests.adapters.http.authentication.conftest import profile_with, token_step
from xinqiao.adapters.http.authentication.steps import AnyStep
from xinqiao.errors import SettingsError


def sign(**keys: Any) -> dict[str, Any]:
    plain = {"type": "sign", "source": "x", "algorithm": "md5", "text": "{time}", "name": "sign"}
    return plain | keys


def static(**keys: Any) -> dict[str, Any]:
    return {"type": "static", "source": "x", "credential": "client_id", "name": "A", **keys}


@pytest.mark.parametrize(
    ("steps", "told"),
    [
        ([sign(text="{tiem}")], "authentication[1].text 不认识占位符 {tiem}，这里可以写 {time}"),
        ([sign(text="{settings}")], "authentication[1].text 不认识占位符 {settings}"),
        ([sign(text="{time!r}")], "authentication[1].text 花括号里只能写名称"),
        ([sign(text="{time")], "authentication[1].text 花括号不成对"),
        ([sign(text="{signature}")], "authentication[1].text 不认识占位符 {signature}"),
        ([sign(pattern="{body}")], "authentication[1].pattern 不认识占位符 {body}"),
        (
            [sign(algorithm="hmac_md5", key="{time}")],
            "authentication[1].key 不认识占位符 {time}，这里可以写 {settings.名称}",
        ),
        ([sign(algorithm="md4")], "authentication[1].algorithm 应为 md5、sha1、sha256"),
        ([sign(encoding="hex")], "authentication[1].encoding 应为 hex_lower、hex_upper、base64"),
        ([sign(algorithm="hmac_sha256")], "key 与 hmac 一类的 algorithm 须同时写"),
        ([sign(key="{credentials.client_id}")], "key 与 hmac 一类的 algorithm 须同时写"),
        ([sign(text="{parameters}")], "parameters 一表与 text 中的 {parameters} 须同时写"),
        ([sign(parameters={})], "parameters 一表与 text 中的 {parameters} 须同时写"),
        (
            [sign(text="{parameters}", parameters={"order": "listed"})],
            "authentication[1].parameters names 与 order = listed 须同时写",
        ),
        (
            [sign(text="{parameters}", parameters={"pair": "{name}"})],
            "authentication[1].parameters.pair 应符合格式",
        ),
        ([sign(time_format="YYYY")], "authentication[1].time_format 应为 seconds、milliseconds"),
        ([sign(nonce_alphabet="好坏")], "authentication[1].nonce_alphabet 应符合格式"),
        (
            [sign(values=[{"name": "t", "value": "{body}"}])],
            "authentication[1].values[1].value 不认识占位符 {body}",
        ),
        (
            [sign(values=[{"name": "t", "value": "{time}", "place": "none"}])],
            "authentication[1].values[1] place = none 时不写 name",
        ),
        (
            [sign(text="{credentials.app_key}")],
            "authentication[1].text 中的 {credentials.app_key} 没有出处，应在[credentials]中写明",
        ),
        ([sign(text="{settings.x}")], "{settings.x} 没有出处，应在[settings]中写明"),
        (
            [sign(text="{tokens.access}"), token_step("/t", known_as="access", place="none")],
            "authentication[1].text 中的 {tokens.access} 没有出处，应在前面步骤的 known_as中写明",
        ),
        ([static(credential="x")], "authentication[1].credential 没有出处"),
        ([static(place="none")], "authentication[1] place = none 时不写 name"),
        ([static(place="none", name="")], "authentication[1] place = none 只用于 type = token"),
        ([static(name="")], "authentication[1] name 缺失"),
        ([static(name="a b")], "authentication[1] name 作请求头时只能用"),
        ([static(name="Content-Type")], "authentication[1] name 不能是由系统自己填写的请求头"),
        ([static(place="body")], "authentication[1].place 应为 header、query、form、json、none"),
        ([static(place="form")], "authentication[1].place = form，但 operations.submit 不是"),
        ([static(place="json")], "authentication[1].place = json，但 operations.poll 不是"),
        (
            [
                static(place="json", carried_by=["submit", "t"]),
                token_step("/t", body_as="form", known_as="t", name="B"),
            ],
            "authentication[1].place = json，但 令牌请求 /t 不是",
        ),
        (
            [sign(values=[{"name": "t", "value": "{time}", "place": "form"}])],
            "authentication[1].place = form，但 operations.submit 不是",
        ),
        ([static(carried_by=["sumbit"])], "authentication[1].carried_by 第 1 项不是操作"),
        (
            [token_step("/t", known_as="t", name="B"), static(carried_by=["t"])],
            "authentication[2].carried_by 第 1 项不是操作，也不是后面令牌的 known_as",
        ),
        ([token_step("/t", place="none")], "authentication[1] place = none 时须写 known_as"),
        (
            [token_step("/t", name="B", expires_at="body.x")],
            "authentication[1] expires_in 与 expires_at 只能写一个",
        ),
        (
            [token_step("/t", name="B", known_as="submit")],
            "authentication[1].known_as 已用作别的令牌或操作的名称",
        ),
        (
            [token_step(p, name="B", known_as="same") for p in ("/a", "/b")],
            "authentication[2].known_as 已用作别的令牌或操作的名称",
        ),
    ],
)
def test_a_mistake_in_a_chain_is_told_with_its_key(steps: Sequence[Any], told: str) -> None:
    with pytest.raises(SettingsError) as raised:
        profile_with(steps)
    assert told in raised.value.message


def test_braces_themselves_can_be_signed() -> None:
    step = sign(text="{{{time}}}")
    assert profile_with([step]).authentication


@pytest.mark.parametrize("key", ["access_token", "x-tif-paasid", "ApiKey"])
def test_names_of_headers_that_platforms_use_are_allowed(key: str) -> None:
    assert profile_with([static(name=key)]).authentication[0].name == key


def test_the_steps_that_the_manual_shows_are_valid() -> None:
    manual = Path(__file__).parents[4] / "docs" / "connectors.md"
    blocks = re.findall(r"```toml\n(.*?)```", manual.read_text("utf-8"), re.DOTALL)
    shown = [tomllib.loads(block)["authentication"] for block in blocks if "[[authentic" in block]
    steps = [TypeAdapter(AnyStep).validate_python(step) for listed in shown for step in listed]
    # the steps one by one, and the walk-through's
    assert [step.type for step in steps] == ["static", "token", "sign", "static"]
