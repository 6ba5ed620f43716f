"""From what a platform says to what a department is told."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.feedback.instructed import instructions
from xinqiao.adapters.profile import load_profile
from xinqiao.feedback.actors import Actor
from xinqiao.feedback.instructing import UNNAMED, Refused
from xinqiao.intake.headers import column_labels
from xinqiao.mapping.registry import format_for, formats
from xinqiao.privacy.masking import mask_identity_numbers
from xinqiao.records.identity_text import contains_identity_number
from xinqiao.simulator.rules import ResourceRules, load_rules

PLATFORM = "credit_shandong"

SAID = {
    # the profile → the platform that it stands for, how its stand-in writes (code, field)
    "credit_shandong": (PLATFORM, "{wire}", "{words}：{field}"),
    "sd_gateway_credit": (PLATFORM, "{wire}", "{words}：{field}"),
    "async_serial": (PLATFORM, "{wire}", "{words}：{field}"),
    "transport_csv_folder": (PLATFORM, "{wire}", "{words}：{field}"),
    "credit_template_2018": (PLATFORM, "1", "{code} {words}：{field}"),
    "transport_credit": ("transport_credit", "{wire}", "{words}：{field}"),
    "safety_credit": ("safety_credit", "{wire}", "{words}：{field}"),
    "county_site": ("county_site", "{wire}", "{words}：{field}"),
}
"""Stand-ins that name the field."""

SILENT = {"credit_frontdb_2018": "9", "void_and_insert": "4"}
"""Stand-ins that write a status and words, and no field."""


@dataclass(frozen=True)
class Case:
    profile: str
    platform: str
    kind: str
    code: str
    message: str
    field: str
    what: str


def cases() -> Iterator[Case]:
    for profile, (platform, code, message) in SAID.items():
        rules = load_rules(profile)
        words = load_profile(profile, {}).words.kinds
        for kind, word in words.items():
            # who takes files calls a resource as the hub calls the kind
            resource = rules.resources.get(word) or rules.resources.get(kind)
            if resource is None or (platform, kind) not in KNOWN:
                continue
            for ours, field in _refusals(resource):
                told = {
                    "wire": rules.codes.get(ours, ours),
                    "code": ours,
                    "words": rules.messages[ours],
                    "field": field,
                }
                yield Case(
                    profile,
                    platform,
                    kind,
                    code.format(**told),
                    message.format(**told),
                    field,
                    ours,
                )


def _refusals(rules: ResourceRules) -> Iterator[tuple[str, str]]:
    yield from (("1002", field) for field in rules.required)
    yield from (("1003", field) for field in (*rules.dates, *rules.amounts, *rules.words))


KNOWN = {(one.platform, one.kind) for one in formats()}
CASES = list(cases())


def test_every_stand_in_that_names_fields_has_cases() -> None:
    assert {one.profile for one in CASES} == set(SAID)
    assert len(CASES) > 100


@pytest.mark.parametrize("profile", SAID)
def test_a_stand_ins_refusal_names_the_item_as_the_department_knows_it(profile: str) -> None:
    for case in (one for one in CASES if one.profile == profile):
        told = instructions({case.platform: profile})
        advice = told.advise(Refused(case.platform, case.kind, case.code, case.message))
        assert advice.known is not None, case
        assert advice.known.file == f"{profile}.toml"
        (field,) = (
            one
            for one in format_for(case.platform, case.kind).table.fields
            if one.code == case.field
        )
        labels = column_labels(case.kind)
        assert [one.code for one in advice.places] == [case.field]
        if field.source_path not in labels:
            assert advice.who is Actor.ADMINISTRATOR
            assert field.name in advice.text
            continue
        number = list(labels).index(field.source_path) + 1
        assert f"第{number}项“{labels[field.source_path]}”" in advice.text
        assert "重新导入" in advice.text
        assert ("填写" in advice.text) == (case.what == "1002")
        assert advice.who is Actor.DEPARTMENT


@pytest.mark.parametrize("profile", SILENT)
@pytest.mark.parametrize(
    ("words", "means"),
    [
        ("1001 主体不存在", "主体库里没有"),
        ("1002 必填项为空", "必填项为空"),
        ("0040 数据已存在", "已有同一编号"),
        ("4001 整批退回", "整批退回"),
        ("9876 不符合要求", "原因见错误说明"),
    ],
)
def test_one_status_for_every_refusal_is_told_apart_by_the_words(
    profile: str, words: str, means: str
) -> None:
    told = instructions({PLATFORM: profile})
    advice = told.advise(Refused(PLATFORM, "permit", SILENT[profile], words))
    assert means in advice.means


def test_an_unknown_subject_is_at_the_name_though_no_field_is_named() -> None:
    advice = instructions().advise(Refused(PLATFORM, "permit", "1001", "主体不存在"))
    assert [one.path for one in advice.places] == ["subject.name"]
    assert "第1项“行政相对人名称”" in advice.text
    assert "营业执照" in advice.text


def test_a_field_that_the_words_name_goes_before_the_usual_one() -> None:
    said = Refused(PLATFORM, "permit", "1001", "统一社会信用代码在主体库中不存在")
    advice = instructions().advise(said)
    assert [one.path for one in advice.places] == ["subject.unified_social_credit_code"]


def test_a_wrong_check_digit_reads_as_the_department_would_say_it() -> None:
    advice = instructions().advise(Refused(PLATFORM, "permit", "", "XK_XDR_SHXYM 校验位错误"))
    assert advice.text == (
        "第3项“行政相对人代码_1(统一社会信用代码)”校验位错误，"
        "请核对营业执照（或登记证书）后改正并重新导入"
    )
    assert advice.short == "科室：第3项“行政相对人代码_1(统一社会信用代码)”"


@pytest.mark.parametrize(
    ("operation", "words"), [("update", "变更"), ("withdraw", "撤回"), ("take_down", "撤回")]
)
def test_what_is_not_there_means_another_thing_for_each_operation(
    operation: str, words: str
) -> None:
    said = Refused(PLATFORM, "permit", "0041", "数据不存在", operation)
    assert words in instructions().advise(said).means


def test_no_field_that_anybody_names_is_said_to_be_unnamed() -> None:
    assert UNNAMED in instructions().advise(Refused(PLATFORM, "permit", "1003", "格式错误")).text


def test_a_field_that_the_program_fills_in_is_no_departments() -> None:
    said = Refused("transport_credit", "permit", "0027", "校验未通过：必填项为空：area_code")
    advice = instructions().advise(said)
    assert advice.who is Actor.ADMINISTRATOR
    assert "area_code" in advice.text
    assert "科室不用改" in advice.text


def test_an_unknown_code_has_the_usual_way_and_says_where_to_write_what_was_learnt() -> None:
    advice = instructions().advise(Refused(PLATFORM, "permit", "7788", "XK_NR 有问题"))
    assert advice.known is None
    assert advice.who is Actor.OPERATOR
    for words in (
        "7788",
        "第19项“许可内容”",
        f"tables/instructions/{PLATFORM}.toml",
        "queue retry",
    ):
        assert words in advice.text


def test_an_unknown_code_with_usual_words_is_understood_by_them() -> None:
    advice = instructions().advise(Refused(PLATFORM, "permit", "7788", "许可内容不能为空"))
    assert advice.known is not None
    assert advice.known.file == "usual.toml"
    assert "补填" in advice.text


def test_a_kind_without_a_format_table_is_advised_all_the_same() -> None:
    advice = instructions().advise(Refused(PLATFORM, "news", "1003", "格式错误：XK_NR"))
    assert advice.places == ()
    assert advice.known is not None


@pytest.mark.parametrize(
    ("state", "code", "advised"),
    [
        ("rejected", "1003", True),
        ("conflict", "0040", True),
        ("held", "4009", True),
        ("in_doubt", "read_timeout", False),
        ("held", "receipt_overdue", False),
        ("ready", "1003", False),
        ("accepted", "0000", False),
        ("cancelled", "superseded", False),
    ],
)
def test_only_what_a_platform_wants_done_about_a_row_is_advised(
    state: str, code: str, *, advised: bool
) -> None:
    row = {
        "platform": PLATFORM,
        "kind": "permit",
        "operation": "insert",
        "state": state,
        "code": code,
        "message": "说法",
    }
    assert (instructions().advise_on(row) is not None) == advised


# born in 1907: of nobody who lives
NUMBER = st.sampled_from(["370323190711118764", "37032319071111876X", "370323071111876"])
LEGAL = ["1001", "1002", "1003", "0040", "7788", ""]


@given(
    number=NUMBER,
    before=st.sampled_from(["", "证件号码", "法定代表人证件号码", "XK_FR_ZJHM=", "格式错误："]),
    after=st.sampled_from(["", "不能为空", "已存在", "校验位错误", "：XK_NR", "有误"]),
    code=st.one_of(st.sampled_from(LEGAL), NUMBER),
    kind=st.sampled_from(["permit", "penalty"]),
)
def test_no_instruction_repeats_a_number_that_the_platform_wrote(
    number: str, before: str, after: str, code: str, kind: str
) -> None:
    advice = instructions().advise(Refused(PLATFORM, kind, code, f"{before}{number}{after}"))
    for text in (advice.text, advice.short, advice.means):
        assert number not in text
        assert not contains_identity_number(text)
        assert mask_identity_numbers(text) == text
