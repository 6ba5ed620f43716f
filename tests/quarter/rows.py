"""Cases as the rows that offices export, and as a clerk types them into the county site."""

from collections.abc import Sequence

from tests.e2e import invented
from tests.e2e.test_penalties import FIRM as PENALTY
from tests.quarter.story import Case

UNIT = "云溪县交通运输局"
NAME = "云溪县青石货物运输有限公司"
UNKNOWN = "云溪县未登记货物运输有限公司"
WRONG_CODE = invented.FIRM[:-1] + "4"

HEADERS: dict[str, Sequence[str]] = {
    "permit": invented.PERMITS,
    "penalty": tuple(PENALTY),
    "operator": invented.OPERATORS,
    "driver_assessment": invented.DRIVERS,
    "safety_info": invented.SAFETY,
    "commitment": invented.COMMITMENTS,
    "list_entry": invented.LIST_ENTRIES,
}


def row(case: Case, version: str) -> list[str]:
    """Return the cells of one version of a record."""
    return [str(cell) for cell in _ROWS[case.kind](case, version)]


def _permit(case: Case, version: str) -> Sequence[object]:
    content = "道路货物运输" + ("，增加危险货物" if version == "changed" else "")
    day = f"{case.decided:%Y/%m/%d}"
    return [
        *_subject(case, version),
        *("道路运输经营许可决定书", case.number, "普通", content),
        *(day, day, "2099/12/31", UNIT, invented.BUREAU, "1", UNIT, invented.BUREAU),
    ]


def _subject(case: Case, version: str) -> list[str]:
    if case.person:
        return ["云试一", "自然人", "", "", "身份证", invented.PERSON]
    bad = version == "first"
    name = UNKNOWN if bad and case.wrong == "name" else NAME
    code = WRONG_CODE if bad and case.wrong == "code" else invented.FIRM
    return [name, "法人及非法人组织", code, "试一", "", ""]


def _penalty(case: Case, version: str) -> Sequence[object]:
    name, category, code, legal, paper, number = _subject(case, version)
    told = PENALTY | {
        "行政相对人名称": name,
        "行政相对人类别": category,
        "行政相对人代码_1(统一社会信用代码)": code,
        "法定代表人": legal,
        "证件类型": paper,
        "证件号码": number,
        "行政处罚决定文书号": case.number,
        "处罚依据": "《安全生产法》第九十七条" if case.safety else PENALTY["处罚依据"],
        "处罚决定日期": f"{case.decided:%Y/%m/%d}",
        "违法事实": "车辆超限运输" + ("，已改正。" if version == "changed" else "。"),
    }
    return list(told.values())


def _operator(case: Case, version: str) -> Sequence[object]:
    scope = "二类机动车维修" if version == "first" else "一类机动车维修"
    return [
        *(f"云溪县青石汽车维修{case.index}有限公司", credit_code(case.index)),
        *("云溪县示例路1号", "370323", "试一", "0533-0000001", "1", "041", scope, "备案"),
    ]


def _driver(case: Case, _version: str) -> Sequence[object]:
    year = 2000 + case.index
    return [
        *(f"云试{case.index}", "身份证", identity(case.index), identity(case.index)),
        *(f"{year}-04-02", "2025-04-02", "2026-04-01", case.decided, 3, "AA"),
    ]


def _safety(case: Case, version: str) -> Sequence[object]:
    told = f"第{case.index}项隐患未按期整改" + ("，已复查" if version == "changed" else "")
    return [
        *("生产经营单位", NAME, invented.FIRM, "失信", told),
        *(case.decided, case.decided, "隐患排查治理", UNIT, "已认定"),
    ]


def _commitment(case: Case, version: str) -> Sequence[object]:
    content = "依法经营" + ("，诚实守信" if version == "changed" else "")
    return [
        *(case.number, NAME, "法人及非法人组织", invented.FIRM, "主动型", "守法经营", content),
        *("依法承担责任", case.decided, "全部履行", UNIT, invented.BUREAU, "可向社会公开"),
    ]


def _list_entry(case: Case, _version: str) -> Sequence[object]:
    return [
        *(NAME, "法人及非法人组织", invented.FIRM, "红名单", case.number),
        *("云溪县信用名单管理办法", "连续三年守信", UNIT, invented.BUREAU, case.decided),
        "是" if case.safety else "否",
    ]


_ROWS = {
    "permit": _permit,
    "penalty": _penalty,
    "operator": _operator,
    "driver_assessment": _driver,
    "safety_info": _safety,
    "commitment": _commitment,
    "list_entry": _list_entry,
}

_CODE_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
_CODE_LETTERS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_NUMBER_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def credit_code(index: int) -> str:
    """Return an invented USCC with its check digit; the organisation code has one too."""
    body = f"MA{index:06}"
    weights = (3, 7, 9, 10, 5, 8, 4, 2)
    rest = 11 - sum(int(one, 36) * by for one, by in zip(body, weights, strict=True)) % 11
    code = "91370323" + body + {10: "X", 11: "0"}.get(rest, str(rest))
    total = sum(_CODE_LETTERS.index(one) * by for one, by in zip(code, _CODE_WEIGHTS, strict=True))
    return code + _CODE_LETTERS[-total % 31]


def identity(index: int) -> str:
    """Return an identity number of nobody: born more than a century ago."""
    body = f"37032319{index % 10:02}0101{index:03}"
    total = sum(int(one) * by for one, by in zip(body, _NUMBER_WEIGHTS, strict=True))
    return body + "10X98765432"[total % 11]


TOLD_BY = {
    "permit": "document_number",
    "penalty": "document_number",
    "operator": "subject.name",
    "driver_assessment": "subject.name",
    "safety_info": "behaviour",
    "commitment": "code",
    "list_entry": "document_number",
}
"""Kind → the field that tells one record of the story from another."""


def told_by(case: Case) -> tuple[str, str]:
    """Return the kind of a case, and what stands in that field."""
    column = {"operator": 0, "driver_assessment": 0, "safety_info": 4}.get(case.kind)
    return case.kind, case.number if column is None else row(case, "first")[column]


def typed_into_the_site(case: Case) -> dict[str, str]:
    """Return what a clerk typed into the county site, by the names of its wire."""
    name, category, code, *_ = _subject(case, "mended")
    day = f"{case.decided:%Y/%m/%d}"
    if case.kind == "permit":
        return {
            "XK_XDR_MC": name,
            "XK_XDR_LB": category,
            "XK_XDR_SHXYM": code,
            "XK_XKWS": "道路运输经营许可决定书",
            "XK_WSH": case.number,
            "XK_XKLB": "普通",
            "XK_NR": "道路货物运输",
            "XK_JDRQ": day,
            "XK_YXQZ": day,
            "XK_YXQZI": "2099/12/31",
            "XK_XKJG": UNIT,
            "XK_XKJGDM": invented.BUREAU,
            "XK_ZT": "1",
        }
    return {
        "CF_XDR_MC": name,
        "CF_XDR_LB": category,
        "CF_XDR_SHXYM": code,
        "CF_WSH": case.number,
        "CF_WFXW": "车辆超限运输",
        "CF_SY": "车辆超限运输。",
        "CF_YJ": "《安全生产法》第九十七条" if case.safety else PENALTY["处罚依据"],
        "CF_CFLB": "罚款；没收违法所得、没收非法财物",
        "CF_NR": PENALTY["处罚内容"],
        "CF_NR_FK": "0.2",
        "CF_NR_WFFF": "0.123456",
        "CF_JDRQ": day,
        "CF_GSJZQ": PENALTY["公示截止期"],
        "CF_CFJG": UNIT,
        "CF_CFJGDM": invented.BUREAU,
    }
