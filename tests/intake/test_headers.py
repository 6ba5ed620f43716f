import pytest

from xinqiao.intake.headers import (
    RESERVED,
    FieldType,
    header_table,
    header_tables,
    normalise_header,
)
from xinqiao.records.kinds import KINDS
from xinqiao.records.quality_scales import quality_scales


@pytest.mark.parametrize(
    "spelling",
    [
        "行政相对人代码_1(统一社会信用代码)",
        "行政相对人代码_1（统一社会信用代码）",
        "行政相对人代码_1 (统一社会信用代码)",
        "行政相对人代码＿1 （统一社会信用代码）",
        "行政相对人代码_1\n(统一社会信用代码)",
        "\u3000行政相对人代码 _1[统一社会信用代码]",
        "*行政相对人代码_1(统一社会信用代码)",
        "行政相对人代码_1",
        "统一社会信用代码",
        "XK_XDR_SHXYM",
        "xk_xdr_shxym",
    ],
)
def test_spellings_of_a_header_name_one_field(spelling: str) -> None:
    path = header_table("permit").spellings[normalise_header(spelling)]
    assert path == "subject.unified_social_credit_code"


@pytest.mark.parametrize(
    ("spelling", "path"),
    [
        ("行政许可决定书文号", "document_number"),
        ("XK_WSH", "document_number"),
        ("工商登记码", "subject.business_registration_number"),
        ("税务登记码", "subject.tax_registration_number"),
        ("法定代表人身份证号", "subject.legal_representative_certificate_number"),
        ("XK_FR_SFZH", "subject.legal_representative_certificate_number"),
        ("XK_FDDB", "subject.legal_representative"),
        ("XK_YXQZI", "valid_until"),
        ("BZ", "remarks"),
    ],
)
def test_old_names_and_codes_are_taken(spelling: str, path: str) -> None:
    assert header_table("permit").spellings[normalise_header(spelling)] == path


def test_tables_cover_exactly_the_fields_of_their_kind_in_order() -> None:
    assert [table.kind for table in header_tables()] == list(KINDS)
    for table in header_tables():
        assert tuple(table.fields) == tuple(KINDS[table.kind].labels)


def test_no_spelling_names_two_fields() -> None:
    for table in header_tables():
        spellings = [
            (normalise_header(spelling), field.path)
            for field in table.fields.values()
            for spelling in (field.label, *field.aliases)
        ]
        assert len({spelling for spelling, _ in spellings}) == len(set(spellings))
        assert not {normalise_header(label) for label in RESERVED} & set(table.spellings)


def test_signature_fields_exist() -> None:
    for table in header_tables():
        assert table.signature
        assert set(table.signature) <= set(table.fields)


def test_value_aliases_lead_to_words_of_the_field() -> None:
    for table in header_tables():
        for path, field in table.fields.items():
            words = set(KINDS[table.kind].words.get(path, ()))
            if table.kind == "quality_assessment" and path in {"grade", "previous_grade"}:
                # the words depend on what was assessed
                scales = quality_scales().by_object.values()
                words = {grade for scale in scales for grade in scale.grades}
            else:
                assert not field.values or field.type in (FieldType.CHOICE, FieldType.WORDS)
            assert set(field.values.values()) <= words


def test_columns_of_identity_numbers_are_codes() -> None:
    for table in header_tables():
        for path in KINDS[table.kind].identity_fields:
            assert table.fields[path].type is FieldType.CODE
