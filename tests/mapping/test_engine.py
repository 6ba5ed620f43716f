"""The shipped permit format: what is sent for whom, and what is asked of whom."""

import re

import pytest

from xinqiao.mapping.engine import CompiledFormat, Rendering
from xinqiao.records.findings import Severity

DECISION_ROWS = {
    "XK_XKWS": "道路运输经营许可决定书",
    "XK_WSH": "源交许〔2026〕0001号",
    "XK_XKLB": "普通",
    "XK_XKZS": "道路运输经营许可证",
    "XK_XKBH": "鲁交运管许可淄字370323000001号",
    "XK_NR": "道路普通货物运输\n（限普通货运）",
    "XK_JDRQ": "2026/11/03",
    "XK_YXQZ": "2026/11/04",
    "XK_YXQZI": "2099/12/31",
    "XK_XKJG": "沂源县交通运输局",
    "XK_XKJGDM": "11370323004300270R",
    "XK_ZT": "1",
    "XK_LYDW": "沂源县交通运输局运管科",
    "XK_LYDWDM": "11370323004300270X",
    "BZ": "样例",
}


ORDER = [
    "XK_XDR_MC",
    "XK_XDR_LB",
    "XK_XDR_SHXYM",
    "XK_XDR_GSZC",
    "XK_XDR_ZZJG",
    "XK_XDR_SWDJ",
    "XK_XDR_SYDW",
    "XK_XDR_SHZZ",
    "XK_FRDB",
    "XK_FR_ZJLX",
    "XK_FR_ZJHM",
    "XK_XDR_ZJLX",
    "XK_XDR_ZJHM",
    *DECISION_ROWS,
]


ALWAYS = [
    "subject.name",
    "subject.category",
    "document_name",
    "document_number",
    "permit_class",
    "content",
    "decision_date",
    "valid_from",
    "valid_until",
    "authority",
    "authority_code",
    "status",
    "source_unit",
    "source_unit_code",
]


NEVER = [
    "subject.business_registration_number",
    "subject.organisation_code",
    "subject.tax_registration_number",
    "subject.public_institution_certificate_number",
    "subject.social_organisation_certificate_number",
    "licence_name",
    "licence_number",
    "remarks",
]


def sent(rendering: Rendering) -> dict[str, str]:
    assert rendering.findings == ()
    assert rendering.values is not None
    return rendering.values


def refused(rendering: Rendering) -> set[tuple[str, str]]:
    assert rendering.values is None
    assert all(finding.severity is Severity.ERROR for finding in rendering.findings)
    return {(finding.field, finding.code) for finding in rendering.findings}


def test_an_organisation_is_sent_with_every_code_and_no_personal_certificate(
    permit_format: CompiledFormat, organisation: dict[str, str]
) -> None:
    values = sent(permit_format.render(organisation))
    assert list(values) == ORDER
    assert values == {
        "XK_XDR_MC": "沂源县示例物流有限公司",
        "XK_XDR_LB": "法人及非法人组织",
        "XK_XDR_SHXYM": "91370323MAN780RD7T",
        "XK_XDR_GSZC": "370323000000001",
        "XK_XDR_ZZJG": "MAN780RD7",
        "XK_XDR_SWDJ": "370323MAN780RD7",
        "XK_XDR_SYDW": "137032300001",
        "XK_XDR_SHZZ": "鲁淄社证字第1号",
        "XK_FRDB": "范二七",
        "XK_FR_ZJLX": "身份证",
        "XK_FR_ZJHM": "370323190511123454",
        "XK_XDR_ZJLX": "",
        "XK_XDR_ZJHM": "",
        **DECISION_ROWS,
    }


def test_a_sole_trader_is_sent_without_codes_five_and_six(
    permit_format: CompiledFormat, sole_trader: dict[str, str]
) -> None:
    values = sent(permit_format.render(sole_trader))
    assert list(values) == ORDER
    assert values == {
        "XK_XDR_MC": "沂源县示例汽车维修部",
        "XK_XDR_LB": "个体工商户",
        "XK_XDR_SHXYM": "92370323MACCP50L1M",
        "XK_XDR_GSZC": "370323000000001",
        "XK_XDR_ZZJG": "MAN780RD7",
        "XK_XDR_SWDJ": "370323MAN780RD7",
        "XK_XDR_SYDW": "",
        "XK_XDR_SHZZ": "",
        "XK_FRDB": "范二七",
        "XK_FR_ZJLX": "身份证",
        "XK_FR_ZJHM": "370323190511123454",
        "XK_XDR_ZJLX": "",
        "XK_XDR_ZJHM": "",
        **DECISION_ROWS,
    }


def test_a_natural_person_is_sent_with_the_certificate_and_no_codes(
    permit_format: CompiledFormat, natural_person: dict[str, str]
) -> None:
    values = sent(permit_format.render(natural_person))
    assert list(values) == ORDER
    assert values == {
        **dict.fromkeys(ORDER, ""),
        "XK_XDR_MC": "试七七",
        "XK_XDR_LB": "自然人",
        "XK_XDR_ZJLX": "身份证",
        "XK_XDR_ZJHM": "370323190203041238",
        **DECISION_ROWS,
    }


@pytest.mark.parametrize("field", ALWAYS)
@pytest.mark.parametrize("blank", [None, "", " \u3000"])
def test_a_field_that_is_always_required_must_be_filled(
    permit_format: CompiledFormat, organisation: dict[str, str], field: str, blank: str | None
) -> None:
    organisation.pop(field)
    content = organisation if blank is None else {**organisation, field: blank}
    assert (field, "required") in refused(permit_format.render(content))


@pytest.mark.parametrize("field", NEVER)
def test_a_field_that_is_never_required_is_sent_blank_when_it_is_not_filled(
    permit_format: CompiledFormat, organisation: dict[str, str], field: str
) -> None:
    organisation.pop(field)
    values = sent(permit_format.render(organisation))
    code = next(f.code for f in permit_format.table.fields if f.source_path == field)
    assert values[code] == ""


@pytest.mark.parametrize("category", ["法人及非法人组织", "个体工商户"])
@pytest.mark.parametrize(
    "field", ["subject.unified_social_credit_code", "subject.legal_representative"]
)
def test_a_code_and_a_representative_are_required_of_all_but_natural_persons(
    permit_format: CompiledFormat, organisation: dict[str, str], category: str, field: str
) -> None:
    organisation.pop(field)
    rendering = permit_format.render({**organisation, "subject.category": category})
    assert refused(rendering) == {(field, "required")}
    assert "“行政相对人类别”为法人及非法人组织或个体工商户时必填" in rendering.findings[0].message
    sent(permit_format.render({**organisation, "subject.category": "自然人"}))


@pytest.mark.parametrize("field", ["subject.certificate_type", "subject.certificate_number"])
def test_a_certificate_is_required_of_natural_persons_only(
    permit_format: CompiledFormat,
    natural_person: dict[str, str],
    organisation: dict[str, str],
    field: str,
) -> None:
    natural_person.pop(field)
    organisation.pop(field)
    assert refused(permit_format.render(natural_person)) == {(field, "required")}
    sent(permit_format.render(organisation))


def test_the_representatives_number_is_required_once_the_certificate_type_is_filled(
    permit_format: CompiledFormat, organisation: dict[str, str]
) -> None:
    number = organisation.pop("subject.legal_representative_certificate_number")
    rendering = permit_format.render(organisation)
    assert refused(rendering) == {("subject.legal_representative_certificate_number", "required")}
    assert "“法定代表人证件类型”已填时必填" in rendering.findings[0].message
    organisation.pop("subject.legal_representative_certificate_type")
    assert sent(permit_format.render(organisation))["XK_FR_ZJHM"] == ""
    organisation["subject.legal_representative_certificate_number"] = number
    assert sent(permit_format.render(organisation))["XK_FR_ZJHM"] == number


def test_everything_wrong_is_said_at_once_in_the_order_of_the_table(
    permit_format: CompiledFormat, organisation: dict[str, str]
) -> None:
    organisation.pop("subject.name")
    organisation |= {"status": "1", "content": "\x00", "decision_date": "昨天"}
    found = [
        (finding.field, finding.code) for finding in permit_format.render(organisation).findings
    ]
    assert found == [
        ("subject.name", "required"),
        ("content", "special_characters"),
        ("decision_date", "not_a_date"),
        ("status", "not_in_list"),
    ]


def test_a_message_names_the_field_its_code_and_what_to_do(
    permit_format: CompiledFormat, organisation: dict[str, str]
) -> None:
    rendering = permit_format.render({**organisation, "authority": "局" * 201})
    assert rendering.findings[0].message == (
        "“许可机关”（XK_XKJG）最多 200 个字符，现有 201 个字符，请核对并精简"
    )


@pytest.mark.parametrize("spoilt", ["{}\x00", "{}" * 5, "\u200b{}", "{}-"])
@pytest.mark.parametrize("category", ["法人及非法人组织", "自然人"])
def test_no_message_holds_an_identity_number_whatever_field_it_stands_in(
    permit_format: CompiledFormat, organisation: dict[str, str], category: str, spoilt: str
) -> None:
    number = "370323190203041238"
    content = dict.fromkeys(organisation, spoilt.format(*[number] * 5))
    content["subject.category"] = category
    rendering = permit_format.render(content)
    assert len(rendering.findings) >= 5
    assert number not in "".join(finding.message for finding in rendering.findings)
    assert not re.search(r"[0-9]{6}", "".join(finding.message for finding in rendering.findings))


def test_the_key_is_the_document_number(
    permit_format: CompiledFormat, organisation: dict[str, str]
) -> None:
    before = sent(permit_format.render(organisation))
    after = sent(permit_format.render({**organisation, "document_number": "源交许〔2026〕0002号"}))
    assert permit_format.key_of(before) == "源交许〔2026〕0001号"
    assert permit_format.key_of(after) != permit_format.key_of(before)
