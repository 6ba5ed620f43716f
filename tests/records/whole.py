"""A whole record of each kind but permits and penalties; all invented."""

from collections.abc import Mapping

AUTHORITY = "云溪县交通运输局"
AUTHORITY_CODE = "11420000MB15291767"
FIRM = "沂源县示例一号货物运输有限公司"
FIRM_CODE = "91370323MA0TE5T16C"
OTHER_CODE = "91370323MA0TE5T247"
TRADER_CODE = "92370323MA0TRD014E"
IDENTITY_NUMBER = "370323190711118764"
OTHER_IDENTITY_NUMBER = "370323190502031013"

FIRM_PARTY: Mapping[str, str] = {
    "subject.name": FIRM,
    "subject.category": "法人及非法人组织",
    "subject.identifier": FIRM_CODE,
}
TRADER_PARTY: Mapping[str, str] = {
    "subject.name": "沂源县示例汽修部",
    "subject.category": "个体工商户",
    "subject.identifier": TRADER_CODE,
}
PERSON_PARTY: Mapping[str, str] = {
    "subject.name": "溪样三",
    "subject.category": "自然人",
    "subject.identifier": IDENTITY_NUMBER,
}
SAFETY_UNIT: Mapping[str, str] = {
    "subject.category": "生产经营单位",
    "subject.name": FIRM,
    "subject.unified_social_credit_code": FIRM_CODE,
}
SAFETY_PERSON: Mapping[str, str] = {
    "subject.category": "从业人员",
    "subject.name": "溪样三",
    "subject.certificate_type": "身份证",
    "subject.certificate_number": IDENTITY_NUMBER,
}
_AUTHORITY: Mapping[str, str] = {"authority": AUTHORITY, "authority_code": AUTHORITY_CODE}

COMMITMENT: Mapping[str, str] = {
    **FIRM_PARTY,
    **_AUTHORITY,
    # its first 18 digits would pass for an identity number
    "code": "37032320261004000007",
    "commitment_type": "审批替代型",
    "reason": "道路运输经营许可",
    "content": "提交的材料真实、有效。",
    "liability": "愿意承担相应责任。",
    "made_on": "2026-10-04",
    "fulfilment": "全部履行",
    "publication": "可向社会公开",
}
LIST_ENTRY: Mapping[str, str] = {
    **FIRM_PARTY,
    **_AUTHORITY,
    "list_kind": "严重失信主体名单",
    "document_number": "云交认〔2026〕1号",
    "basis": "示例认定办法",
    "reason": "示例事由",
    "listed_on": "2026-10-08",
    "responsible_name": "云试一",
    "responsible_role": "法定代表人",
    "responsible_certificate_number": OTHER_IDENTITY_NUMBER,
}
REPAIR: Mapping[str, str] = {
    **FIRM_PARTY,
    **_AUTHORITY,
    "application_number": "云修〔2026〕1号",
    "target_number": "云交罚〔2026〕0001号",
    "target_kind": "行政处罚",
    "severity": "一般",
    "reason": "已缴清罚款并整改。",
    "applied_on": "2026-11-02",
    "decided_on": "2026-11-09",
    "status": "已通过",
}
OBJECTION: Mapping[str, str] = {
    **FIRM_PARTY,
    **_AUTHORITY,
    "application_number": "云异〔2026〕1号",
    "target_number": "云交罚〔2026〕0001号",
    "target_kind": "行政处罚",
    "content": "罚款金额有误。",
    "received_on": "2026-11-02",
    "verified_by_others": "否",
    "result": "异议成立，已更正",
    "correction": "罚款金额更正为 0.2 万元。",
    "decided_on": "2026-11-04",
    "told_on": "2026-11-04",
    "status": "已完成",
}
NEWS: Mapping[str, str] = {
    "title": "云溪县开展信用交通宣传",
    "body": "活动现场发放材料二百份。",
    "source": AUTHORITY,
    "published_on": "2026-11-03",
    "url": "https://example.invalid/1",
}
SAFETY_GRADE: Mapping[str, str] = {
    **SAFETY_UNIT,
    "grade": "B",
    "industry_dishonest": "否",
    "score": "900",
    "valid_from": "2026-10-01",
}
SAFETY_WATCH: Mapping[str, str] = {
    **SAFETY_UNIT,
    "sector": "普货",
    "situation": "3",
    "listed_on": "2026-09-01",
}
EVALUATION: Mapping[str, str] = {
    "subject.name": FIRM,
    "subject.unified_social_credit_code": FIRM_CODE,
    "grade": "良",
    "score": "88.5",
    "evaluated_on": "2026-06-30",
    "evaluator": "示例信用平台",
}
REPAIR_NOTICE: Mapping[str, str] = {
    **FIRM_PARTY,
    "notice_number": "示信修〔2026〕9号",
    "target_number": "云交罚〔2026〕0001号",
    "target_kind": "行政处罚",
    "issuer": "示例信用平台",
    "decided_on": "2026-11-10",
}

_FIRM: Mapping[str, str] = {
    "subject.name": FIRM,
    "subject.unified_social_credit_code": FIRM_CODE,
}
_DRIVER: Mapping[str, str] = {
    "subject.name": "溪样三",
    "subject.certificate_type": "身份证",
    "subject.certificate_number": IDENTITY_NUMBER,
    "qualification_number": IDENTITY_NUMBER,
}
OPERATOR: Mapping[str, str] = {
    **_FIRM,
    "address": "山东省淄博市沂源县示例路1号",
    "area_code": "370323",
    "principal": "云试一",
    "telephone": "0533-0000001",
    "status": "营业",
    "business_categories": "道路普通货物运输",
    "licence_word": "鲁交运管许可淄字",
    "licence_number": "370323000001",
    "business_scope": "道路普通货物运输",
    "valid_from": "2024-06-04",
    "valid_until": "2028-06-04",
    "licence_mode": "许可",
}
QUALITY_ASSESSMENT: Mapping[str, str] = {
    **_FIRM,
    "assessed_object": "机动车维修",
    "year": "2025",
    "period_from": "2025-01-01",
    "period_to": "2025-12-31",
    "assessed_on": "2026-04-26",
    "assessor": AUTHORITY,
    "score": "850.5",
    "grade": "AAA",
    "previous_grade": "AA",
    "stage": "公布",
    "notice_from": "2026-05-06",
    "notice_until": "2026-05-12",
    "published_on": "2026-05-15",
    "rule": "交公路发〔2006〕719号",
}
DRIVER_ASSESSMENT: Mapping[str, str] = {
    **_DRIVER,
    "qualification_category": "道路普通货物运输驾驶员",
    "first_issued_on": "2015-11-03",
    "cycle_from": "2025-11-03",
    "cycle_to": "2026-11-02",
    "assessed_on": "2026-11-07",
    "points": "3",
    "grade": "AAA",
    "employer": FIRM,
    "employer_code": FIRM_CODE,
    "next_assessment_on": "2027-11-02",
}
TAXI_DRIVER_ASSESSMENT: Mapping[str, str] = {
    **_DRIVER,
    "service": "巡游",
    "year": "2025",
    "period_from": "2025-01-01",
    "period_to": "2025-12-31",
    "assessed_on": "2026-03-01",
    "score": "22",
    "grade": "AAA",
    "employer": FIRM,
    "employer_code": FIRM_CODE,
}
SAFETY_INFO: Mapping[str, str] = {
    **SAFETY_UNIT,
    "sector": "道路运输",
    "information_class": "失信",
    "behaviour": "重大事故隐患未按期整改",
    "points": "-50",
    "occurred_on": "2026-11-12",
    "decided_on": "2026-11-13",
    "source": "隐患排查治理",
    "authority": AUTHORITY,
    "state": "已认定",
}

WHOLE: Mapping[str, Mapping[str, str]] = {
    "operator": OPERATOR,
    "quality_assessment": QUALITY_ASSESSMENT,
    "driver_assessment": DRIVER_ASSESSMENT,
    "taxi_driver_assessment": TAXI_DRIVER_ASSESSMENT,
    "safety_info": SAFETY_INFO,
    "commitment": COMMITMENT,
    "list_entry": LIST_ENTRY,
    "repair": REPAIR,
    "objection": OBJECTION,
    "news": NEWS,
    "safety_grade": SAFETY_GRADE,
    "safety_watch": SAFETY_WATCH,
    "evaluation": EVALUATION,
    "repair_notice": REPAIR_NOTICE,
}
"""Kind → a record of it without a remark."""
