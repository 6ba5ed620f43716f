"""Invented rows in the shapes that offices export, header lines first."""

PERMITS = (
    "行政相对人名称",
    "行政相对人类别",
    "行政相对人代码_1(统一社会信用代码)",
    "法定代表人",
    "证件类型",
    "证件号码",
    "行政许可决定文书名称",
    "行政许可决定文书号",
    "许可类别",
    "许可内容",
    "许可决定日期",
    "有效期自",
    "有效期至",
    "许可机关",
    "许可机关统一社会信用代码",
    "当前状态",
    "数据来源单位",
    "数据来源单位统一社会信用代码",
)
OPERATORS = (
    "业户名称",
    "统一社会信用代码",
    "业户地址",
    "行政区划代码",
    "负责人姓名",
    "联系电话",
    "经营状态",
    "业务类别",
    "经营范围",
    "许可方式",
)
DRIVERS = (
    "姓名",
    "证件类型",
    "证件号码",
    "从业资格证号",
    "初次领证日期",
    "考核周期起",
    "考核周期止",
    "考核日期",
    "累计计分",
    "诚信等级",
)
SAFETY = (
    "主体类别",
    "主体名称",
    "统一社会信用代码",
    "信息类别",
    "行为描述",
    "发生日期",
    "认定日期",
    "信息来源",
    "认定机构",
    "状态",
)

FIRM = "91350100M000100Y43"
BUREAU = "11420000MB15291767"
PERSON = "370323190711118764"
_UNIT = "云溪县交通运输局"


def permit(number: int, content: str = "货运") -> list[str]:
    """Return a firm's permit."""
    return _permit(
        number, ["云溪县青石货运公司", "法人及非法人组织", FIRM, "试一", "", ""], content
    )


def persons_permit(number: int) -> list[str]:
    """Return a natural person's permit."""
    return _permit(number, ["云试一", "自然人", "", "", "身份证", PERSON], "货运")


def _permit(number: int, subject: list[str], content: str) -> list[str]:
    day = "2026/11/03"
    return [
        *subject,
        *("道路运输经营许可决定书", f"云交许〔2026〕{number:04}号", "普通", content),
        *(day, day, "2099/12/31", _UNIT, BUREAU, "1", _UNIT, BUREAU),
    ]


def operator(number: int, scope: str = "二类机动车维修") -> list[str]:
    """Return a repair shop that is filed."""
    return [
        f"云溪县青石汽车维修{number}有限公司",
        OPERATOR_CODES[number - 1],
        *("云溪县示例路1号", "370323", "试一", "0533-0000001", "1", "041", scope, "备案"),
    ]


def driver(points: int = 3) -> list[str]:
    """Return a driver's assessment."""
    return [
        *("云试一", "身份证", PERSON, PERSON, "2015-04-02", "2025-04-02", "2026-04-01"),
        *("2026-04-20", str(points), "AA"),
    ]


def safety(number: int, state: str = "已认定") -> list[str]:
    """Return a fact about a unit."""
    return [
        *("生产经营单位", "云溪县青石货运公司", FIRM, "失信", f"第{number}项隐患未按期整改"),
        *("2026-11-02", "2026-11-10", "隐患排查治理", _UNIT, state),
    ]


OPERATOR_CODES = ("91370323MAKNQXNW4H", "91370323MA0EXLU329", "91370323MAE7GH061A")

NEWS = ("标题", "正文", "图片", "信息来源", "发布日期")
LIST_ENTRIES = (
    "主体名称",
    "主体类别",
    "主体代码",
    "名单类型",
    "认定文号",
    "认定依据",
    "列入事由",
    "认定机构",
    "认定机构统一社会信用代码",
    "列入日期",
    "涉及安全生产",
)
REPAIRS = (
    "主体名称",
    "主体类别",
    "主体代码",
    "修复申请编号",
    "修复的文书号",
    "修复的信息类型",
    "修复理由",
    "申请日期",
    "办理机构",
    "办理机构统一社会信用代码",
    "修复状态",
    "涉及安全生产",
)
OBJECTIONS = (
    "主体名称",
    "主体类别",
    "主体代码",
    "异议申请编号",
    "异议的文书号",
    "异议的信息类型",
    "异议内容",
    "收到日期",
    "需其他单位核实",
    "办理机构",
    "办理机构统一社会信用代码",
    "异议状态",
    "涉及安全生产",
)
COMMITMENTS = (
    "承诺编码",
    "承诺人名称",
    "承诺人类别",
    "承诺人代码",
    "承诺类型",
    "承诺事由",
    "承诺内容",
    "违诺责任",
    "承诺作出日期",
    "承诺履行状态",
    "承诺受理单位",
    "承诺受理单位代码",
    "公开类型",
)
TAXI_DRIVERS = (
    "姓名",
    "证件类型",
    "证件号码",
    "从业资格证号",
    "服务类型",
    "考核年度",
    "考核日期",
    "考核分值",
    "考核等级",
)

_PARTY = ("云溪县青石货运公司", "法人及非法人组织", FIRM)


def list_entry(*, safety_related: bool) -> list[str]:
    """Return a unit on the red list."""
    number = f"云交单〔2026〕{1 + safety_related}号"
    return [
        *_PARTY,
        *("红名单", number, "云溪县信用名单管理办法", "连续三年守信", _UNIT, BUREAU, "2026-11-03"),
        "是" if safety_related else "否",
    ]


def repair(*, safety_related: bool) -> list[str]:
    """Return an application for repair that is not decided."""
    number = f"XF2026000{1 + safety_related}"
    return [
        *_PARTY,
        *(number, "云交罚〔2026〕9001号", "其他失信信息", "已履行义务", "2026-11-03"),
        *(_UNIT, BUREAU, "待审核", "是" if safety_related else "否"),
    ]


def objection(*, safety_related: bool) -> list[str]:
    """Return an objection that is not decided."""
    number = f"YY2026000{1 + safety_related}"
    return [
        *_PARTY,
        *(number, "云交罚〔2026〕9002号", "其他失信信息", "名称写错", "2026-11-19", "否"),
        *(_UNIT, BUREAU, "待审核", "是" if safety_related else "否"),
    ]


def commitment() -> list[str]:
    """Return a commitment that was kept."""
    return [
        *("37032320261103000001", *_PARTY, "主动型", "守法经营", "依法经营", "依法承担责任"),
        *("2026-11-03", "全部履行", _UNIT, BUREAU, "可向社会公开"),
    ]


def taxi_driver() -> list[str]:
    """Return a taxi driver's assessment."""
    return ["云试一", "身份证", PERSON, PERSON, "巡游", "2025", "2026-01-20", "20", "AAA"]
