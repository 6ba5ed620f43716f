"""Classes of public credit information: a row for every record, and formats that say the same."""

from collections.abc import Mapping, Sequence

import pytest

from xinqiao.errors import SettingsError
from xinqiao.mapping.registry import format_for, formats
from xinqiao.records.kinds import KINDS
from xinqiao.routing.information import (
    CLASSES,
    InformationClass,
    information_classes,
    information_of,
    read_information,
)
from xinqiao.routing.tables import shipped_table

TEXT = shipped_table("information.toml").text


@pytest.mark.parametrize(
    ("kind", "content", "expected"),
    [
        ("permit", {}, InformationClass.BASIC),
        ("penalty", {}, InformationClass.DISHONESTY),
        ("safety_info", {"information_class": "失信"}, InformationClass.DISHONESTY),
        ("safety_info", {"information_class": "守信"}, InformationClass.OTHER),
        ("list_entry", {"list_kind": "红名单"}, InformationClass.OTHER),
        ("list_entry", {"list_kind": "严重失信主体名单"}, InformationClass.DISHONESTY),
        ("news", {}, InformationClass.OTHER),
    ],
)
def test_the_class_of_a_record(
    kind: str, content: dict[str, str], expected: InformationClass
) -> None:
    assert information_of(kind, content).information is expected


BASIC, DISHONESTY, OTHER = (
    InformationClass.BASIC,
    InformationClass.DISHONESTY,
    InformationClass.OTHER,
)
BY_HAND: Mapping[str, Sequence[tuple[InformationClass, str]]] = {
    "permit": [(BASIC, "第十二条")],
    "penalty": [(DISHONESTY, "第十三条第四项")],
    "operator": [(BASIC, "比照《山东省社会信用条例》第十二条")],
    "quality_assessment": [(OTHER, "条例没有点名")],
    "driver_assessment": [(OTHER, "条例没有点名")],
    "taxi_driver_assessment": [(OTHER, "条例没有点名")],
    "safety_info": [(BASIC, "信息类别"), (DISHONESTY, "信息类别"), (OTHER, "信息类别")],
    "commitment": [(OTHER, "第三十二条")],
    "list_entry": [(OTHER, "比照《山东省社会信用条例》第十四条"), (DISHONESTY, "按失信信息对待")],
    "repair": [(OTHER, "条例没有归类")],
    "objection": [(OTHER, "条例没有归类")],
    "news": [(OTHER, "不记载任何主体的信用状况")],
    "safety_grade": [(OTHER, "条例没有点名")],
    "safety_watch": [(OTHER, "条例没有点名")],
    "evaluation": [(OTHER, "条例没有点名")],
    "repair_notice": [(OTHER, "条例没有归类")],
}
"""Kind → its rows: class, and words of the basis. The articles name permits and penalties only."""


@pytest.mark.parametrize("kind", KINDS)
def test_the_rows_of_every_kind_are_as_they_were_read(kind: str) -> None:
    found = information_classes()[kind]
    assert [row.information for row in found] == [expected for expected, _ in BY_HAND[kind]]
    for row, (_, words) in zip(found, BY_HAND[kind], strict=True):
        assert words in row.basis


def test_every_kind_has_its_rows_and_only_two_stand_in_the_law() -> None:
    assert set(information_classes()) == set(KINDS)
    by_law = {
        row.kind
        for rows in information_classes().values()
        for row in rows
        if row.confidence == "law_text"
    }
    assert by_law == {"permit", "penalty"}


STATED = [
    (table.platform, table.kind)
    for table in formats()
    if any(field.code == "info_class" for field in table.fields)
]


@pytest.mark.parametrize(("platform", "kind"), STATED)
def test_a_format_that_states_the_class_states_this_one(platform: str, kind: str) -> None:
    compiled = format_for(platform, kind)
    (field,) = (one for one in compiled.table.fields if one.code == "info_class")
    if field.constant is not None:
        assert {CLASSES[row.information] for row in information_classes()[kind]} == {field.constant}
        return
    assert field.source_path is not None
    assert field.codes is not None
    for entry in compiled.codes[field.codes].entries:
        found = information_of(kind, {field.source_path: entry.word}).information
        assert entry.wire == CLASSES[found], entry.word


def test_a_kind_without_a_row_for_all_its_records_is_refused() -> None:
    without = TEXT.replace('in = ["红名单"]', 'in = ["红榜"]')
    with pytest.raises(SettingsError, match=r"information\.toml 第 \d+ 行：字段 list_kind 不会是"):
        read_information(without)
