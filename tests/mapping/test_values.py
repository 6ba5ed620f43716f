"""What one field takes: lengths, words, dates, characters."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from xinqiao.mapping.engine import CompiledFormat, Rendering
from xinqiao.mapping.registry import Formats, format_for
from xinqiao.mapping.tables import FormatField
from xinqiao.mapping.values import annotate
from xinqiao.records.findings import Severity

LENGTHS = {
    "subject.name": 200,
    "subject.unified_social_credit_code": 18,
    "subject.business_registration_number": 50,
    "subject.organisation_code": 9,
    "subject.tax_registration_number": 20,
    "subject.public_institution_certificate_number": 12,
    "subject.social_organisation_certificate_number": 50,
    "subject.legal_representative": 50,
    "subject.legal_representative_certificate_type": 64,
    "subject.legal_representative_certificate_number": 64,
    "document_name": 64,
    "document_number": 64,
    "permit_class": 256,
    "licence_name": 64,
    "licence_number": 64,
    "content": 4000,
    "authority": 200,
    "authority_code": 18,
    "source_unit": 200,
    "source_unit_code": 18,
    "remarks": 512,
}


PERSON_LENGTHS = {"subject.certificate_type": 64, "subject.certificate_number": 64}


WORDS = {
    "permit_class": {
        "普通": "普通",
        "特许": "特许",
        "认可": "认可",
        "核准": "核准",
        "登记": "登记",
        "其他-备案": "其他-备案",
    },
    "status": {"有效": "1", "无效": "2"},
    "subject.legal_representative_certificate_type": {
        "身份证": "身份证",
        "护照号": "护照号",
        "港澳居民来往内地通行证": "港澳居民来往内地通行证",
        "台湾居民来往大陆通行证": "台湾居民来往大陆通行证",
        "外国人永久居留身份证": "外国人永久居留身份证",
        "其他-军官证": "其他-军官证",
    },
}


UNKNOWN = [
    ("subject.category", "法人"),
    ("permit_class", "批准"),
    ("permit_class", "普通-货运"),
    ("status", "1"),
    ("status", "2"),
    ("status", "0"),
    ("subject.legal_representative_certificate_type", "港澳居民往来内地通行证"),
]

DATE = format_for("credit_shandong", "permit").fields["XK_JDRQ"]


def sent(rendering: Rendering) -> dict[str, str]:
    assert rendering.findings == ()
    assert rendering.values is not None
    return rendering.values


def refused(rendering: Rendering) -> set[tuple[str, str]]:
    assert rendering.values is None
    assert all(finding.severity is Severity.ERROR for finding in rendering.findings)
    return {(finding.field, finding.code) for finding in rendering.findings}


def filled_to(field: str, length: int) -> str:
    prefix = "其他-" if field.endswith(("permit_class", "certificate_type")) else ""
    return prefix + "字" * (length - len(prefix))


@pytest.mark.parametrize(("field", "limit"), LENGTHS.items())
def test_a_field_may_be_as_long_as_its_limit_and_no_longer(
    permit_format: CompiledFormat, organisation: dict[str, str], field: str, limit: int
) -> None:
    sent(permit_format.render({**organisation, field: filled_to(field, limit)}))
    rendering = permit_format.render({**organisation, field: filled_to(field, limit + 1)})
    assert refused(rendering) == {(field, "too_long")}
    assert f"最多 {limit} 个字符，现有 {limit + 1} 个字符" in rendering.findings[0].message


@pytest.mark.parametrize(("field", "limit"), PERSON_LENGTHS.items())
def test_the_certificate_of_a_person_may_be_as_long_as_its_limit_and_no_longer(
    permit_format: CompiledFormat, natural_person: dict[str, str], field: str, limit: int
) -> None:
    sent(permit_format.render({**natural_person, field: filled_to(field, limit)}))
    rendering = permit_format.render({**natural_person, field: filled_to(field, limit + 1)})
    assert refused(rendering) == {(field, "too_long")}


def test_the_length_tests_cover_every_field_that_has_a_free_length(
    permit_format: CompiledFormat,
) -> None:
    listed = {f.source_path for f in permit_format.table.fields if f.length is not None}
    assert listed == {*LENGTHS, *PERSON_LENGTHS, "subject.category", "status"}


@pytest.mark.parametrize(
    ("field", "word", "wire"),
    [(field, word, wire) for field, words in WORDS.items() for word, wire in words.items()],
)
def test_a_word_of_a_code_table_is_sent_as_the_table_says(
    permit_format: CompiledFormat, organisation: dict[str, str], field: str, word: str, wire: str
) -> None:
    values = sent(permit_format.render({**organisation, field: word}))
    code = next(f.code for f in permit_format.table.fields if f.source_path == field)
    assert values[code] == wire


def test_the_word_tests_cover_every_word_of_every_code_table(
    permit_format: CompiledFormat,
) -> None:
    tested = {field: {w.partition("-")[0] for w in words} for field, words in WORDS.items()}
    tested["subject.category"] = {"法人及非法人组织", "自然人", "个体工商户"}
    tested["subject.certificate_type"] = tested["subject.legal_representative_certificate_type"]
    shipped = {
        field.source_path: {entry.word for entry in permit_format.codes[field.codes].entries}
        for field in permit_format.table.fields
        if field.codes is not None
    }
    assert tested == shipped


@pytest.mark.parametrize(("field", "word"), UNKNOWN)
def test_a_word_that_is_not_in_the_list_is_refused_and_the_list_is_shown(
    permit_format: CompiledFormat, organisation: dict[str, str], field: str, word: str
) -> None:
    rendering = permit_format.render({**organisation, field: word})
    found = {finding.field: finding for finding in rendering.findings}
    assert rendering.values is None
    assert found[field].code in {"not_in_list", "detail_missing"}
    assert "以下之一：" in found[field].message


@pytest.mark.parametrize("word", ["其他", "其他-", "其他- "])
def test_other_needs_the_concrete_kind(
    permit_format: CompiledFormat, organisation: dict[str, str], word: str
) -> None:
    rendering = permit_format.render({**organisation, "permit_class": word})
    assert refused(rendering) == {("permit_class", "detail_missing")}
    assert "“其他-具体名称”" in rendering.findings[0].message


@given(st.text())
def test_a_status_is_never_passed_through_unmapped(status: str) -> None:
    """The digit 1 means valid in 2018 and revoked in 2016."""
    content = {"subject.category": "自然人", "status": status}
    rendering = format_for("credit_shandong", "permit").render(content)
    wrong = {finding.field for finding in rendering.findings}
    assert ("status" in wrong) == (status not in {"有效", "无效"})


@given(st.dates())
def test_a_date_is_written_with_slashes(day: date) -> None:
    convert = TypeAdapter(annotate(DATE, {}, "utf-8")).validate_python
    assert convert(day.isoformat()) == f"{day.year:04d}/{day.month:02d}/{day.day:02d}"


@pytest.mark.parametrize(
    "text",
    ["2026/11/03", "20261103", "2026-W47-5", "2026-02-30", "2026-1-3", "长期", "１２３４-01-01"],
)
def test_a_date_in_any_other_form_is_refused(
    permit_format: CompiledFormat, organisation: dict[str, str], text: str
) -> None:
    rendering = permit_format.render({**organisation, "valid_until": text})
    assert refused(rendering) == {("valid_until", "not_a_date")}


@pytest.mark.parametrize(
    "character",
    ["\x00", "\x07", "\x7f", "\x85", "\u200b", "\u202e", "\u2028", "\ufeff", "\ufffe", "\ud800"],
)
@pytest.mark.parametrize("field", ["subject.name", "content", "remarks", "permit_class"])
def test_characters_that_the_wire_or_the_eye_cannot_carry_are_refused(
    permit_format: CompiledFormat, organisation: dict[str, str], field: str, character: str
) -> None:
    rendering = permit_format.render({**organisation, field: f"甲{character}乙"})
    assert refused(rendering) == {(field, "special_characters")}
    assert f"第 2 个字符（U+{ord(character):04X}）" in rendering.findings[0].message


@pytest.mark.parametrize("line_break", ["\n", "\r\n", "\t"])
def test_line_breaks_are_for_long_texts_only(
    permit_format: CompiledFormat, organisation: dict[str, str], line_break: str
) -> None:
    text = f"第一项{line_break}第二项"
    assert sent(permit_format.render({**organisation, "content": text}))["XK_NR"] == text
    rendering = permit_format.render({**organisation, "document_name": text})
    assert refused(rendering) == {("document_name", "special_characters")}


def test_a_name_with_a_rare_character_is_sent_as_it_is(
    permit_format: CompiledFormat, natural_person: dict[str, str]
) -> None:
    name = "𠮷䶮·试"
    assert sent(permit_format.render({**natural_person, "subject.name": name}))["XK_XDR_MC"] == name


def number_field(**settings: object) -> FormatField:
    common = {"code": "N", "name": "数", "from": "n", "required": "never", "source": "演示"}
    return FormatField.model_validate({**common, "status": "reference", **settings})


@given(st.integers(-(10**5) + 1, 10**5 - 1))
def test_a_whole_number_is_sent_without_plus_or_noughts_before_it(number: int) -> None:
    convert = TypeAdapter(
        annotate(number_field(type="integer", length=5), {}, "utf-8")
    ).validate_python
    assert convert(str(number)) == str(number)
    assert convert(f"{number:+08d}") == str(number)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("100000", "too_many_digits"),
        ("-100000", "too_many_digits"),
        ("5.0", "not_whole"),
        ("5分", "not_whole"),
        ("--5", "not_whole"),
        ("５", "not_whole"),
    ],
)
def test_what_is_no_whole_number_of_the_length_is_refused(
    write_tables: Callable[..., Path], text: str, code: str
) -> None:
    rendering = small(write_tables, 'type = "integer"\nlength = 5').render({"id": "1", "n": text})
    assert refused(rendering) == {("n", code)}
    assert text not in rendering.findings[0].message


@pytest.mark.parametrize("text", ["25", "20251", "1899", "2025年", "２０２５"])
def test_what_is_no_year_is_refused(write_tables: Callable[..., Path], text: str) -> None:
    compiled = small(write_tables, 'type = "year"\nlength = 4')
    assert sent(compiled.render({"id": "1", "n": "2025"}))["N"] == "2025"
    rendering = compiled.render({"id": "1", "n": text})
    assert refused(rendering) == {("n", "not_a_year")}
    assert "四位数的年份" in rendering.findings[0].message


def small(write_tables: Callable[..., Path], form: str) -> CompiledFormat:
    """Return a format with a key and one field of the given form."""
    head = 'platform = "demo"\nkind = "note"\nedition = "1"\ntitle = "演示"\nsource = "演示"\n'
    head += 'status = "reference"\nkey_fields = ["ID"]\ncharset = "utf-8"\n'
    common = 'required = "{}"\nsource = "演示"\nstatus = "reference"\n'
    key = '[[field]]\ncode = "ID"\nname = "号"\nfrom = "id"\ntype = "text"\nlength = 9\n'
    field = f'[[field]]\ncode = "N"\nname = "数"\nfrom = "n"\n{form}\n'
    text = head + key + common.format("always") + field + common.format("never")
    return Formats((write_tables(text),)).of("demo", "note")
