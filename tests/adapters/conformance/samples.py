"""Invented rows of the kinds that go to more than one platform, in the codes of their formats."""

from collections.abc import Mapping

from xinqiao.mapping.registry import format_for

FIRM = "沂源县示例汽车维修有限公司"
_UNIT = "91370323MA0000001N"
_BUREAU = "沂源县交通运输局"

_OPERATOR = {
    "area_code": "370323",
    "info_class": "基础信息",
    "ownerName": FIRM,
    "uscc": _UNIT,
    "ownerAddress": "沂源县示例路1号",
    "nativeAreaCode": "370323",
    "principalName": "示一",
    "principalTelephone": "0533-0000000",
    "operatingCode": "1",
    "industry_code": "041",
    "license_mode": "备案",
}
_ROWS: Mapping[tuple[str, str], Mapping[str, str]] = {
    ("transport_credit", "operator"): _OPERATOR,
    ("safety_credit", "operator"): _OPERATOR,
    ("transport_credit", "driver_assessment"): {
        "area_code": "370323",
        "info_class": "其他信息",
        "staffName": "示二",
        "idType": "身份证",
        "idCard": "370323190711118764",
        "staffQcNo": "370323190711118764",
        "certificateFirstIssueDate": "2019-04-02",
        "cycle_begin": "2025-04-02",
        "cycle_end": "2026-04-01",
        "assessDate": "2026-04-20",
        "totalScore": "3",
        "currCreditLevel": "AA",
    },
    ("safety_credit", "safety_info"): {
        "area_code": "370323",
        "info_class": "失信信息",
        "subject_type": "生产经营单位",
        "subject_name": FIRM,
        "uscc": _UNIT,
        "safety_sector": "道路运输",
        "info_cat": "失信",
        "behav_desc": "未按规定开展安全教育培训",
        "event_date": "2026-11-02",
        "decided_on": "2026-11-10",
        "source_kind": "执法检查",
        "decided_by": _BUREAU,
        "state": "已认定",
    },
    ("county_site", "permit"): {
        "XK_XDR_MC": FIRM,
        "XK_XDR_LB": "法人及非法人组织",
        "XK_XKWS": "道路运输经营许可决定书",
        "XK_XKLB": "普通",
        "XK_JDRQ": "2026/11/20",
        "XK_YXQZ": "2026/11/20",
        "XK_YXQZI": "2030/11/19",
        "XK_XKJG": _BUREAU,
        "XK_XKJGDM": _UNIT,
        "XK_ZT": "1",
    },
    ("county_site", "penalty"): {
        "CF_XDR_MC": FIRM,
        "CF_XDR_LB": "法人及非法人组织",
        "CF_WFXW": "未按规定维护车辆",
        "CF_SY": "当事人未按规定维护车辆",
        "CF_YJ": "《中华人民共和国道路运输条例》第七十条",
        "CF_CFLB": "警告",
        "CF_JDRQ": "2026/11/20",
        "CF_CFJG": _BUREAU,
        "CF_CFJGDM": _UNIT,
    },
    ("credit_shandong", "commitment"): {
        "subjectName": FIRM,
        "subjectCategory": "法人及非法人组织",
        "identify": _UNIT,
        "commitmentTypeId": "6",
        "reason": "守法经营",
        "content": "依法经营，诚信服务",
        "commitmentDate": "2026-11-20",
        "fulfillmentStatus": "1",
        "acceptanceUnit": _BUREAU,
        "acceptanceUnitIdentify": _UNIT,
        "publicationType": "1",
        "liabilityBreachCommitment": "依法承担责任",
    },
}
_TELLS: Mapping[str, tuple[str, str]] = {
    "operator": ("businessScopeDesc", "机动车维修第{}次"),
    "driver_assessment": ("remark", "第{}次报送"),
    "safety_info": ("remark", "第{}次报送"),
    "permit": ("XK_NR", "道路旅客运输站经营第{}次"),
    "penalty": ("CF_NR", "警告第{}次"),
    "commitment": ("remarks", "第{}次报送"),
}
"""Kind → the field in which versions differ, and its text."""


def sample(platform: str, kind: str, key: str, version: int) -> dict[str, str]:
    """Return a row that the platform takes; a format says in which field the key stands."""
    table = format_for(platform, kind).table
    field, text = _TELLS[kind]
    row = {one.code: "" for one in table.fields} | dict(_ROWS[platform, kind])
    return row | {field: text.format(version), table.key_fields[0]: key}
