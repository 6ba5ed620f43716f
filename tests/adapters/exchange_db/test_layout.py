"""Profiles of exchange databases: what is refused when they are read, and in which words."""

import tomllib
from collections.abc import Callable
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from tests.adapters.exchange_db.front import profile_values
from xinqiao.adapters.exchange_db.coverage import lost_fields
from xinqiao.adapters.profile import load_profile, read_profile
from xinqiao.errors import SettingsError
from xinqiao.mapping.registry import format_for

Values = dict[str, Any]


def values(url: str = "sqlite:///front.db", **transport: Any) -> Values:
    made = profile_values(**transport)
    made["transport"]["url"] = url
    return made


def table(made: Values) -> Values:
    found: Values = made["transport"]["tables"]["permit"]
    return found


def column(made: Values, name: str) -> Values:
    found: Values = next(one for one in table(made)["columns"] if one["name"] == name)
    return found


def without(made: Values, role: str) -> None:
    columns = table(made)["columns"]
    table(made)["columns"] = [one for one in columns if one.get("role") != role]


def refusal(made: Values) -> str:
    with pytest.raises(SettingsError) as caught:
        read_profile(made, file="platforms/front.toml")
    return caught.value.message


def test_a_profile_that_fits_is_read() -> None:
    assert read_profile(values(), file="x").address == "sqlite:///front.db"


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("postgresql://hub@db/front", "不得写用户名和密码"),
        ("postgresql://:s3cret@db/front", "不得写用户名和密码"),
        ("postgresql://db", "缺少库名"),
        ("postgresql+asyncpg://db/front", "数据库类型应为"),
        ("nosuch://db/front", "数据库类型应为"),
        ("postgresql://db/front?sslmode=disable", "参数只能是"),
        ("front.db", "应为 dialect://"),
    ],
)
def test_an_address_that_is_not_plain_is_refused_and_not_repeated(url: str, why: str) -> None:
    told = refusal(values(url))
    assert "platforms/front.toml：transport.url" in told
    assert why in told
    assert "s3cret" not in told


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda made: column(made, "OP").pop("role"), "field、role、constant 应写且只写一项"),
        (lambda made: column(made, "OP").update(field="XK_NR"), "应写且只写一项"),
        (lambda made: column(made, "OP").update(role="statis"), "columns[4].role 应为"),
        (lambda made: column(made, "OP").update(length=0), "length 应不小于 1"),
        (lambda made: column(made, "OP").update(units="bytes"), "是否想写 unit"),
        (lambda made: column(made, "QTY").update(date_pattern="YYYY"), "只用于 type = text"),
        (lambda made: column(made, "OP").update(name="ROWGUID"), "两列的 name 相同"),
        (lambda made: column(made, "ERR").update(role="batch"), "两列的 role 相同"),
        (lambda made: column(made, "OP").update(name='O"P'), "columns[4].name 应符合格式"),
        (lambda made: column(made, "XK_JDRQ").update(date_pattern="DD/MM"), "date_pattern"),
        (
            lambda made: table(made).update(business_key=["XK_XX"]),
            "business_key 的第 1 项不是任何一列的 field",
        ),
        (lambda made: table(made).update(business_key=[]), "business_key 至少应有一条"),
        (lambda made: table(made).update(update="merge"), "update 应为 in_place"),
        (lambda made: without(made, "row_key"), "须有 role = row_key"),
        (lambda made: made["transport"].pop("rows_stay"), "transport.rows_stay 缺少这一项"),
        (lambda made: made["transport"].update(schemo="x"), "是否想写 schema"),
        (lambda made: made["transport"].update(total_seconds=12), "total_seconds 不得小于"),
        (
            lambda made: made["capabilities"].update(visible_after_seconds=30),
            "visible_after_seconds 须大于 transport.total_seconds",
        ),
        (lambda made: made["transport"].pop("status"), "须写 [transport.status]"),
        (lambda made: made["transport"].pop("validity"), "须写 [transport.validity]"),
        (lambda made: made["transport"]["status"].update(initial="8"), "须在 meanings 中写为"),
        (lambda made: made["transport"].update(rows_stay=False), "deduplicates 须为 false"),
        (lambda made: made["words"]["kinds"].update(penalty="p"), "penalty 没有表"),
        (lambda made: made["receipts"].update(mode="row_consumed"), "rows_stay 须为 false"),
        (lambda made: made["receipts"].update(mode="feedback_table"), "receipts.feedback"),
        (lambda made: made["receipts"].update(mode="sync"), "receipts.mode 可用的有"),
        (lambda made: made.pop("status"), "status 缺少这一项"),
        (lambda made: column(made, "ROWGUID").update(length=20), "列 ROWGUID 最多 20 字"),
        (lambda made: made["transport"]["status"].update(initial="0待"), "initial"),
        (
            lambda made: table(made)["columns"].append(
                {"name": "CODE", "constant": "370323", "length": 4}
            ),
            "列 CODE 最多 4 字",
        ),
    ],
)
def test_what_does_not_fit_is_refused_with_its_key(
    change: Callable[[Values], object], told: str
) -> None:
    made = values()
    change(made)
    assert told in refusal(made)


@pytest.mark.parametrize(
    ("ways", "role", "told"),
    [
        ({"update": "in_place"}, "status", "update = in_place 时"),
        ({"update": "delete_and_insert"}, "status", "update = delete_and_insert 时"),
        ({"update": "void_and_insert"}, "validity", "update = void_and_insert 时"),
        ({"withdraw": "void"}, "validity", "withdraw = void 时"),
        ({"withdraw": "delete_unconsumed"}, "status", "withdraw = delete_unconsumed 时"),
        ({}, "status", "receipts.mode = status_column 时"),
    ],
)
def test_a_way_needs_its_column(ways: dict[str, str], role: str, told: str) -> None:
    made = values(table=ways)
    without(made, role)
    assert told in refusal(made)


def test_a_withdrawal_that_would_look_like_a_new_record_is_refused() -> None:
    made = values()
    without(made, "operation")
    assert read_profile(made, file="x")  # the validity still tells
    without(made, "validity")
    assert "否则撤回的行看起来是一条新记录" in refusal(made)
    made["withdraw"] = {"permit": "by_hand"}
    assert read_profile(made, file="x")


def test_a_server_needs_a_user_among_the_credentials() -> None:
    made = values("postgresql://db/front")
    assert read_profile(made, file="x")
    del made["credentials"]["database_user"]
    assert "[credentials] 中缺少 database_user" in refusal(made)


def test_answers_by_document_need_a_time() -> None:
    made = values()
    made["receipts"]["mode"] = "feedback_table"
    made["receipts"]["feedback"] = {
        "source": "made up",
        "name": "FK",
        "result": "JG",
        "meanings": {},
        "business_key": {"XK_WSH": "WSH"},
    }
    assert "按 business_key 对应时须有 time" in refusal(made)
    made["receipts"]["feedback"] |= {"time": "SJ", "date_pattern": "YYYY-MM-DD"}
    assert "date_pattern 须写到时分" in refusal(made)
    made["receipts"]["feedback"] |= {"row_key": "ROWGUID"}
    assert "row_key 与 business_key 应写且只写一项" in refusal(made)


@pytest.mark.parametrize("name", ["credit_frontdb_2018", "void_and_insert"])
def test_shipped_tables_hold_every_field_of_the_format_and_nothing_unknown(name: str) -> None:
    transport: Any = load_profile(name, {}).transport
    for kind, described in transport.tables.items():
        codes = {one.code for one in format_for("credit_shandong", kind).table.fields}
        assert {one.field for one in described.columns if one.field is not None} == codes


@pytest.mark.parametrize("name", ["credit_frontdb_2018", "void_and_insert"])
def test_lost_fields_of_a_shipped_table_are_told_both_ways(name: str) -> None:
    profile = load_profile(name, {})
    codes = [field.code for field in format_for("credit_shandong", "permit").table.fields]
    assert lost_fields(profile, "permit", codes) == ((), ())
    assert lost_fields(profile, "permit", [*codes[1:], "NEW"]) == (("NEW",), (codes[0],))
    assert lost_fields(profile, "other", codes) == ((), ())


@pytest.mark.parametrize("name", ["credit_frontdb_2018", "void_and_insert"])
def test_a_shipped_address_can_reach_nobody_and_its_source_is_told(name: str) -> None:
    text = (
        resources.files("xinqiao.adapters").joinpath("profiles", f"{name}.toml").read_text("utf-8")
    )
    assert ".invalid" in load_profile(name, {}).address
    assert "待平台方确认" in text
    assert "参考配置" in text


def test_the_example_of_the_documentation_is_a_profile() -> None:
    text = (Path(__file__).parents[3] / "docs" / "connectors.md").read_text("utf-8")
    example = text.partition("## An exchange database")[2].partition("```toml")[2]
    described = tomllib.loads(example.partition("```")[0])["transport"]
    made = values()
    made["transport"]["status"] |= described.pop("status")
    made["transport"] |= described
    made["transport"]["tables"]["permit"]["source"] = "the documentation"
    assert read_profile(made, file="x").address == described["url"]
