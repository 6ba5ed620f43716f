from collections.abc import Mapping

from xinqiao.records.kinds import KINDS, kind_of


def test_permit_has_the_fields_of_the_national_format_in_order() -> None:
    assert tuple(kind_of("permit").labels) == (
        "subject.name",
        "subject.category",
        "subject.unified_social_credit_code",
        "subject.business_registration_number",
        "subject.organisation_code",
        "subject.tax_registration_number",
        "subject.public_institution_certificate_number",
        "subject.social_organisation_certificate_number",
        "subject.legal_representative",
        "subject.legal_representative_certificate_type",
        "subject.legal_representative_certificate_number",
        "subject.certificate_type",
        "subject.certificate_number",
        "document_name",
        "document_number",
        "permit_class",
        "licence_name",
        "licence_number",
        "content",
        "decision_date",
        "valid_from",
        "valid_until",
        "authority",
        "authority_code",
        "status",
        "source_unit",
        "source_unit_code",
        "remarks",
    )


def test_every_field_has_a_chinese_name() -> None:
    for kind in KINDS.values():
        assert all(not label.isascii() for label in kind.labels.values())


def test_named_fields_of_a_kind_exist() -> None:
    for identifier, kind in KINDS.items():
        assert kind.identifier == identifier
        named = {
            *kind.identity_fields,
            *kind.key_fields,
            *kind.free_text_fields,
            *kind.decision_date_fields,
        }
        assert named <= set(kind.labels)


def test_identity_numbers_never_stand_in_a_key() -> None:
    assert all(not kind.identity_fields & set(kind.key_fields) for kind in KINDS.values())


def test_required_fields_of_a_permit() -> None:
    permit = kind_of("permit")
    optional = {path for path in permit.labels if path not in permit.required}
    assert {path for path in optional if not path.startswith("subject.")} == {
        "licence_name",
        "licence_number",
        "remarks",
    }
    assert {path for path in permit.required if path.startswith("subject.")} == {
        "subject.name",
        "subject.category",
    }


def test_the_number_of_a_kind_is_the_last_part_of_its_key_and_no_identity_number() -> None:
    for kind in KINDS.values():
        if kind.number_field:
            assert kind.key_fields[-1] == kind.number_field
            assert kind.number_field not in kind.identity_fields


CERTIFICATE = "subject.certificate_number"
REPRESENTATIVE = "subject.legal_representative_certificate_number"
QUALIFICATION = "qualification_number"
PARTY = "subject.identifier"
IDENTITY_FIELDS: Mapping[str, set[str]] = {
    "permit": {CERTIFICATE, REPRESENTATIVE},
    "penalty": {CERTIFICATE, REPRESENTATIVE},
    "operator": {CERTIFICATE},
    "quality_assessment": set(),
    "driver_assessment": {CERTIFICATE, QUALIFICATION},
    "taxi_driver_assessment": {CERTIFICATE, QUALIFICATION},
    "safety_info": {CERTIFICATE},
    "commitment": {PARTY},
    "list_entry": {PARTY, "responsible_certificate_number"},
    "repair": {PARTY},
    "objection": {PARTY},
    "news": set(),
    "safety_grade": {CERTIFICATE},
    "safety_watch": {CERTIFICATE},
    "evaluation": set(),
    "repair_notice": {PARTY},
}
"""Kind → every field in which the number of a person may stand; written by hand."""


def test_every_field_for_the_number_of_a_person_is_encrypted_and_no_other() -> None:
    assert {name: set(kind.identity_fields) for name, kind in KINDS.items()} == IDENTITY_FIELDS
