"""Invented records, one per subject category, and a folder for tables of a test's own."""

from collections.abc import Callable
from pathlib import Path

import pytest

from xinqiao.mapping.engine import CompiledFormat
from xinqiao.mapping.registry import format_for

PERSON_NUMBER = "370323190203041238"
REPRESENTATIVE_NUMBER = "370323190511123454"

_DECISION = {
    "document_name": "道路运输经营许可决定书",
    "document_number": "源交许〔2026〕0001号",
    "permit_class": "普通",
    "licence_name": "道路运输经营许可证",
    "licence_number": "鲁交运管许可淄字370323000001号",
    "content": "道路普通货物运输\n（限普通货运）",
    "decision_date": "2026-11-03",
    "valid_from": "2026-11-04",
    "valid_until": "2099-12-31",
    "authority": "沂源县交通运输局",
    "authority_code": "11370323004300270R",
    "status": "有效",
    "source_unit": "沂源县交通运输局运管科",
    "source_unit_code": "11370323004300270X",
    "remarks": "样例",
}

_ORGANISATION_CODES = {
    "subject.unified_social_credit_code": "91370323MAN780RD7T",
    "subject.business_registration_number": "370323000000001",
    "subject.organisation_code": "MAN780RD7",
    "subject.tax_registration_number": "370323MAN780RD7",
    "subject.public_institution_certificate_number": "137032300001",
    "subject.social_organisation_certificate_number": "鲁淄社证字第1号",
    "subject.legal_representative": "范二七",
    "subject.legal_representative_certificate_type": "身份证",
    "subject.legal_representative_certificate_number": REPRESENTATIVE_NUMBER,
}

_PERSON_CERTIFICATE = {
    "subject.certificate_type": "身份证",
    "subject.certificate_number": PERSON_NUMBER,
}


@pytest.fixture
def organisation() -> dict[str, str]:
    """Every field filled, also those that an organisation sends blank."""
    return {
        "subject.name": "沂源县示例物流有限公司",
        "subject.category": "法人及非法人组织",
        **_ORGANISATION_CODES,
        **_PERSON_CERTIFICATE,
        **_DECISION,
    }


@pytest.fixture
def sole_trader(organisation: dict[str, str]) -> dict[str, str]:
    return {
        **organisation,
        "subject.name": "沂源县示例汽车维修部",
        "subject.category": "个体工商户",
        "subject.unified_social_credit_code": "92370323MACCP50L1M",
    }


@pytest.fixture
def natural_person(organisation: dict[str, str]) -> dict[str, str]:
    return {**organisation, "subject.name": "试七七", "subject.category": "自然人"}


@pytest.fixture
def permit_format() -> CompiledFormat:
    return format_for("credit_shandong", "permit")


@pytest.fixture
def write_tables(tmp_path: Path) -> Callable[..., Path]:
    """Return a function that writes a format table, and code tables, into a folder of its own."""

    def write(format_table: str, name: str = "formats/demo/note-1.toml", **codes: str) -> Path:
        for path, text in {
            name: format_table,
            **{f"codes/{n}.toml": codes[n] for n in codes},
        }.items():
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).write_text(text, encoding="utf-8")
        return tmp_path

    return write
