"""Dirt that offices' exports really contain, removed by small named rules, each one reported.

A rule changes only what cannot have been meant. What it changed is a finding of severity CLEANED,
which never holds the value.
"""

import re
import unicodedata
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass

from xinqiao.intake.headers import FieldHeader, FieldType
from xinqiao.records.findings import Finding, Severity
from xinqiao.records.identifiers import is_identity_number, upgrade_identity_number
from xinqiao.records.kind import CATEGORY, PERSON_WORDS
from xinqiao.records.subject import IDENTITY_CARD

Change = Callable[[str], str]
Content = dict[str, str]


@dataclass(frozen=True, slots=True)
class CellRule:
    """One kind of dirt in a single cell.

    Attributes:
        code: English identifier of the rule.
        types: Types of column it is looked for in.
        change: Returns the text without the dirt.
        message: Chinese text that says what was done.
    """

    code: str
    types: frozenset[FieldType]
    change: Change
    message: str


@dataclass(frozen=True, slots=True)
class RecordRule:
    """One kind of dirt that shows only when fields are compared.

    Attributes:
        code: English identifier of the rule.
        fields: Fields that a kind must have for the rule to be about it.
        apply: Corrects the content in place; returns the path of the field it changed, if any.
        message: Chinese text that says what was done.
    """

    code: str
    fields: tuple[str, ...]
    apply: Callable[[Content], str | None]
    message: str


def clean_cell(text: str, field: FieldHeader) -> tuple[str, Sequence[Finding]]:
    """Return ``text`` without dirt, and what was cleaned."""
    if not text or (field.type is FieldType.CODE and _CLEAN_CODE.fullmatch(text)):
        return text, ()
    if not _BLANK_ENDS.sub("", text):
        return "", ()
    findings = []
    for rule in _RULES[field.type]:
        changed = rule.change(text)
        if changed != text:
            text = changed
            findings.append(Finding(field.path, rule.code, Severity.CLEANED, rule.message))
    # what was removed may have stood between blanks
    return _BLANK_ENDS.sub("", text), findings


def clean_record(content: Content, known: Collection[str]) -> Iterator[Finding]:
    """Correct ``content`` in place where fields contradict each other; yield what was cleaned.

    Args:
        content: The record as read.
        known: Paths of the fields of its kind: rules about others do not apply.
    """
    for rule in RECORD_RULES:
        if not all(path in known for path in rule.fields):
            continue
        while (path := rule.apply(content)) is not None:
            yield Finding(path, rule.code, Severity.CLEANED, rule.message)


_CLEAN_CODE = re.compile(r"[0-9A-Z]+")
_BLANK_ENDS = re.compile(r"^[\s\u200b\ufeff]+|[\s\u200b\ufeff]+$")
_NULL = re.compile(r"\x00+")  # databases and platforms refuse it
_NOTHING = re.compile(r"\(?(?:undefined|null)\)?", re.IGNORECASE)
_PAGE_SUFFIX = re.compile(r"\s*[（(]\s*1\s*/\s*1\s*[）)]$")
_TEXT_MARK = re.compile(r"^(?:=?\"([^\"]*)\"|'(.*))$")
_EMPTY_BRACKETS = re.compile(r"\s*(?:\(\s*\)|（\s*）)")
_CODE_PREFIX = re.compile(r"^(?:统一社会信用代码|组织机构代码|工商注册号|身份证号码?)\s*[:：]\s*")
_CODE_BLANKS = re.compile(r"[\s\u200b\ufeff]+")
_OTHER_DASH = re.compile(r"^其他\s*[-－–—―]+\s*(?=\S)")
_REGISTRATION_NUMBER = re.compile(r"[0-9]{15}")
_ORGANISATION_HYPHEN = re.compile(r"^([0-9A-Z]{8})-([0-9X])$")


def _substitute(pattern: re.Pattern[str], replacement: str = "") -> Change:
    return lambda text: pattern.sub(replacement, text)


def _drop_nothing(text: str) -> str:
    return "" if _NOTHING.fullmatch(text) else text


def _narrow(text: str) -> str:
    return unicodedata.normalize("NFKC", text)


_EVERY = frozenset(FieldType)
_WORDED = frozenset({FieldType.TEXT, FieldType.REFERENCE, FieldType.CODE})
_CODE = frozenset({FieldType.CODE})
_NUMBERED = frozenset({FieldType.REFERENCE, FieldType.CODE})
_CHOICE = frozenset({FieldType.CHOICE, FieldType.WORDS})

CELL_RULES = (
    CellRule("null_characters", _EVERY, _substitute(_NULL), "已去掉看不见的空字符"),
    CellRule("blanks", _EVERY, _substitute(_BLANK_ENDS), "已去掉首尾空白"),
    CellRule("text_mark", _NUMBERED, _substitute(_TEXT_MARK, r"\1\2"), "已去掉表示文本的符号"),
    CellRule("no_value", _EVERY, _drop_nothing, "原值为 undefined 或 null，已按空白处理"),
    CellRule("page_suffix", _WORDED, _substitute(_PAGE_SUFFIX), "已去掉末尾的（1/1）"),
    CellRule("empty_brackets", _WORDED, _substitute(_EMPTY_BRACKETS), "已去掉空括号"),
    CellRule("prefix", _CODE, _substitute(_CODE_PREFIX), "已去掉号码前的说明文字"),
    CellRule("full_width", _CODE, _narrow, "已把全角字符改为半角"),
    CellRule("inner_blanks", _CODE, _substitute(_CODE_BLANKS), "已去掉号码中间的空白"),
    CellRule("lower_case", _CODE, str.upper, "已把小写字母改为大写"),
    CellRule("hyphen", _CODE, _substitute(_ORGANISATION_HYPHEN, r"\1\2"), "已去掉号码中的连字符"),
    CellRule("dash", _CHOICE, _substitute(_OTHER_DASH, "其他-"), "已统一“其他”后的连接号"),
)
"""The dirt of single cells, in the order in which it is removed."""

_RULES = {kind: tuple(rule for rule in CELL_RULES if kind in rule.types) for kind in FieldType}

_CODE_PATH = "subject.unified_social_credit_code"
_REGISTRATION_PATH = "subject.business_registration_number"
_IDENTIFIER_PATH = "subject.identifier"
_REPRESENTATIVE = "subject.legal_representative"
_CERTIFICATES = (f"{_REPRESENTATIVE}_certificate", "subject.certificate")


def _move_registration_number(content: Content) -> str | None:
    code = content.get(_CODE_PATH, "")
    if not _REGISTRATION_NUMBER.fullmatch(code) or _REGISTRATION_PATH in content:
        return None
    content[_REGISTRATION_PATH] = content.pop(_CODE_PATH)
    return _CODE_PATH


def _blank_false_number(content: Content) -> str | None:
    path = f"{_CERTIFICATES[0]}_number"
    number = content.get(path)
    if number is None or number not in (content.get(_REPRESENTATIVE), content.get(_CODE_PATH)):
        return None
    del content[path]
    content.pop(f"{_CERTIFICATES[0]}_type", None)
    return path


def _upgrade_number(content: Content) -> str | None:
    for prefix in _CERTIFICATES:
        path = f"{prefix}_number"
        if content.get(f"{prefix}_type", IDENTITY_CARD) != IDENTITY_CARD:
            continue
        upgraded = upgrade_identity_number(content.get(path, ""))
        if upgraded is not None:
            content[path] = upgraded
            return path
    return None


def _upgrade_identifier(content: Content) -> str | None:
    if content.get(CATEGORY) not in PERSON_WORDS:
        return None
    upgraded = upgrade_identity_number(content.get(_IDENTIFIER_PATH, ""))
    if upgraded is None:
        return None
    content[_IDENTIFIER_PATH] = upgraded
    return _IDENTIFIER_PATH


def _name_type_of_number(content: Content) -> str | None:
    # the column 法定代表人身份证号 of older tables has no column for the type beside it
    path = f"{_CERTIFICATES[0]}_type"
    if path in content or not is_identity_number(content.get(f"{_CERTIFICATES[0]}_number", "")):
        return None
    content[path] = IDENTITY_CARD
    return path


def _fill_document_number(content: Content) -> str | None:
    number = content.get("licence_number")
    if "document_number" in content or number is None:
        return None
    content["document_number"] = number
    return "document_number"


RECORD_RULES = (
    RecordRule(
        "registration_number",
        (_CODE_PATH, _REGISTRATION_PATH),
        _move_registration_number,
        "此处是 15 位工商注册号，已移到工商注册号一栏",
    ),
    RecordRule(
        "false_number",
        (_REPRESENTATIVE, f"{_REPRESENTATIVE}_certificate_number"),
        _blank_false_number,
        "法定代表人证件号码与其姓名或单位代码相同，已按空白处理",
    ),
    RecordRule(
        "old_number",
        ("subject.certificate_number",),
        _upgrade_number,
        "15 位旧身份证号码已升为 18 位",
    ),
    RecordRule(
        "old_identifier",
        (_IDENTIFIER_PATH, CATEGORY),
        _upgrade_identifier,
        "15 位旧身份证号码已升为 18 位",
    ),
    RecordRule(
        "certificate_type",
        (f"{_REPRESENTATIVE}_certificate_type", f"{_REPRESENTATIVE}_certificate_number"),
        _name_type_of_number,
        "号码是身份证号码，证件类型已补为身份证",
    ),
    RecordRule(
        "document_number",
        ("document_number", "licence_number"),
        _fill_document_number,
        "没有文书号，已按国家标准填入许可编号",
    ),
)
"""The dirt that shows between fields, in the order in which it is removed."""
