"""A whole permit of each category of subject, to be spoilt by the tests."""

import pytest

_DECISION = {
    "document_name": "道路运输经营许可决定书",
    "document_number": "云交许〔2026〕0001号",
    "permit_class": "普通",
    "content": "道路普通货物运输",
    "decision_date": "2026-11-03",
    "valid_from": "2026-11-03",
    "valid_until": "2099-12-31",
    "authority": "云溪县交通运输局",
    "authority_code": "11420000MB15291767",
    "status": "有效",
    "source_unit": "云溪县交通运输局",
    "source_unit_code": "11420000MB15291767",
}


@pytest.fixture
def company() -> dict[str, str]:
    return {
        "subject.name": "云溪县青石货物运输有限公司",
        "subject.category": "法人及非法人组织",
        "subject.unified_social_credit_code": "91110000600037341L",
        "subject.legal_representative": "云试一",
        "subject.legal_representative_certificate_type": "身份证",
        "subject.legal_representative_certificate_number": "370323190711118764",
        **_DECISION,
    }


@pytest.fixture
def person() -> dict[str, str]:
    return {
        "subject.name": "溪样三",
        "subject.category": "自然人",
        "subject.certificate_type": "身份证",
        "subject.certificate_number": "370323190711118764",
        **_DECISION,
    }
