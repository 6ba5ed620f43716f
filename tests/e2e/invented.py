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
