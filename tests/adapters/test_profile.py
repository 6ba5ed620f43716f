import tomllib
from collections.abc import Iterator
from importlib import resources
from typing import Any

import pytest

from xinqiao.adapters.profile import SHIPPED, load_profile, profile_digest, read_profile
from xinqiao.errors import SettingsError


def shipped() -> dict[str, Any]:
    file = resources.files("xinqiao.adapters").joinpath("profiles", "credit_shandong.toml")
    return tomllib.loads(file.read_text("utf-8"))


def test_every_shipped_profile_loads_and_calls_itself_a_reference() -> None:
    for name in SHIPPED:
        profile = load_profile(name, {})
        assert (profile.id, profile.status) == (name, "reference")


def test_the_shipped_address_can_reach_nobody() -> None:
    assert load_profile("credit_shandong", {}).address.endswith(".invalid")


def test_an_overlay_changes_one_key_and_leaves_its_neighbours() -> None:
    before = load_profile("credit_shandong", {})
    after = load_profile("credit_shandong", {"transport": {"read_seconds": 7}})
    assert after.access is not None
    assert after.access.read_seconds == 7
    assert after.transport.total_seconds == before.transport.total_seconds
    assert after.operations == before.operations


def test_an_overlaid_list_replaces_the_whole_list() -> None:
    rule = {"when": "status == `200`", "means": "in_doubt"}
    profile = load_profile("credit_shandong", {"operations": {"submit": {"answers": [rule]}}})
    assert profile.operations.submit is not None
    assert len(profile.operations.submit.answers) == 1


def test_a_whole_profile_of_the_workspace_is_read_the_same_way() -> None:
    assert read_profile(shipped(), file="platforms/x.toml") == load_profile("credit_shandong", {})


OWN = "platforms/credit_shandong.toml"


@pytest.mark.parametrize(
    ("overlay", "told"),
    [
        (
            {"transport": {"base_ulr": "x"}},
            f"{OWN}：transport.base_ulr 不是认识的项，是否想写 base_url",
        ),
        ({"zzz": 1}, f"{OWN}：zzz 不是认识的项，这里可以写 authentication、"),
        ({"transport": {"read_seconds": "slow"}}, f"{OWN}：transport.read_seconds 应为数字"),
        ({"transport": {"read_seconds": 0}}, f"{OWN}：transport.read_seconds 应大于 0"),
        ({"transport": {"read_seconds": float("inf")}}, "应为有限的数字"),
        ({"transport": {"type": "pigeon"}}, f"{OWN}：transport.type 应为 http、exchange_db"),
        ({"transport": {"base_url": "ftp://x"}}, "应为 http:// 或 https:// 开头的地址"),
        ({"transport": {"base_url": "http://["}}, "应为 http:// 或 https:// 开头的地址"),
        ({"transport": {"base_url": "http://x:99999"}}, "应为 http:// 或 https:// 开头的地址"),
        ({"transport": {"base_url": "https://u:pw@x"}}, "不得写用户名、密码"),
        ({"limits": 5}, f"{OWN}：limits 应为表"),
        ({"limits": {"rows_per_batch": 1.5}}, f"{OWN}：limits.rows_per_batch 应为整数"),
        (
            {"capabilities": {"deduplicates": "perhaps"}},
            "capabilities.deduplicates 应为 true 或 false",
        ),
        (
            {"operations": {"submit": {"path": "//evil.test/x"}}},
            "operations.submit.path 应符合格式",
        ),
        ({"operations": {"submit": {"body": "a["}}}, "operations.submit.body 表达式「a[」不是合法"),
        ({"operations": {"poll": {"answers": []}}}, f"{OWN}：operations.poll.answers 至少应有一条"),
        (
            {"operations": {"poll": {"answers": [{"when": "body", "means": "done"}]}}},
            f"{OWN}：operations.poll.answers[1].means 应为 complete、pending、",
        ),
        (
            {"authentication": [{"type": "token", "paht": "/x"}]},
            f"{OWN}：authentication[1].paht 不是认识的项，是否想写 path",
        ),
        (
            {"authentication": [{"type": "token", "paht": "/x"}]},
            f"{OWN}：authentication[1].token 缺少这一项",
        ),
        ({"authentication": [{"type": "spell"}]}, "[1].type 应为 static、token、sign 之一"),
        ({"words": {"operations": {"inser": "x"}}}, "words.operations.inser 应为 insert、update、"),
    ],
)
def test_a_mistake_is_told_with_file_key_and_what_was_expected(
    overlay: dict[str, Any], told: str
) -> None:
    with pytest.raises(SettingsError) as raised:
        load_profile("credit_shandong", overlay)
    assert told in raised.value.message


def test_only_the_real_mistake_is_told() -> None:
    rule = {"when": "body", "means": "done"}
    with pytest.raises(SettingsError) as raised:
        load_profile("credit_shandong", {"operations": {"poll": {"answers": [rule]}}})
    assert len(raised.value.message.splitlines()) == 2


def test_a_mistake_in_the_shipped_part_names_the_shipped_file() -> None:
    values = shipped()
    del values["limits"]
    with pytest.raises(SettingsError, match=r"own\.toml：limits 缺少这一项"):
        read_profile(values, file="own.toml")


def test_values_are_never_quoted(secret: str) -> None:
    overlay = {"client_secret": secret, "transport": {"read_seconds": secret}, "limits": secret}
    with pytest.raises(SettingsError) as raised:
        load_profile("credit_shandong", overlay)
    assert secret not in str(raised.value)
    assert raised.value.__suppress_context__


def test_an_unknown_name_is_told_with_the_known_ones() -> None:
    with pytest.raises(SettingsError, match="credit_shandong"):
        load_profile("../secrets", {})


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if isinstance(value, dict | list):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from leaves(inner, (*path, key))
    else:
        yield path


CHANGES: dict[str, Any] = {
    "id": "other_platform", "status": "confirmed", "type": None, "method": None,
    "base_url": "https://other.test", "pattern": "Other {secret}",
    "means": "auth", "otherwise": "accepted", "permit": "by_hand", "penalty": "by_hand",
    "path": "/other", "mode": "manual",
}  # fmt: skip


def changed(path: tuple[Any, ...], value: Any) -> Any:
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + 1
    if "verdicts" in path:
        return "duplicate" if value != "duplicate" else "rejected"
    if path[:2] == ("words", "kinds") or "query" in path[2:]:
        return "other"
    if path[0] == "withdraw":
        return "by_hand"
    other = {"GET": "POST", "POST": "GET", "auth": "rate_limited"}.get(value)
    return other or CHANGES.get(path[-1], "other")


DECIDING = [p for p in leaves(shipped()) if p[-1] != "type" and p[0] != "ledger_file"]
"""Every key but a type, which would need others, and how a downloaded ledger is headed."""


@pytest.mark.parametrize("path", DECIDING, ids=str)
def test_the_digest_changes_with_every_key(path: tuple[Any, ...]) -> None:
    values = shipped()
    table: Any = values
    for step in path[:-1]:
        table = table[step]
    table[path[-1]] = changed(path, table[path[-1]])
    other = read_profile(values, file="x")
    assert profile_digest(other) != profile_digest(load_profile("credit_shandong", {}))


def test_a_confirmation_outlives_a_change_of_what_a_downloaded_ledger_is_headed() -> None:
    """Nothing goes out by it."""
    values = shipped()
    values["ledger_file"] = {"source": "x", "taken_in": ["到库时间"], "rows_at_most": 500}
    other = read_profile(values, file="x")
    assert profile_digest(other) == profile_digest(load_profile("credit_shandong", {}))
    del values["ledger_file"]
    assert profile_digest(read_profile(values, file="x")) == profile_digest(other)


def test_the_digest_does_not_depend_on_the_order_of_keys() -> None:
    turned = dict(reversed(shipped().items()))
    again = read_profile(turned, file="x")
    assert profile_digest(again) == profile_digest(load_profile("credit_shandong", {}))


def test_a_profile_cannot_be_changed() -> None:
    profile = load_profile("credit_shandong", {})
    with pytest.raises(ValueError, match="frozen"):
        profile.name = "x"  # type: ignore[misc]  # the assignment is what is tested


def test_the_bound_on_one_submit_counts_the_refreshed_token_and_the_rehearsals_check() -> None:
    overlay = {"transport": {"total_seconds": 10}}
    assert load_profile("credit_shandong", overlay).longest_submit_seconds == 50
