"""The rules by which the stand-in accepts or refuses a row, read from its own table.

They are deliberately not the hub's format tables: an independent judge finds what a shared table
would hide. Status of the rules: reference.
"""

import re
import tomllib
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from importlib import resources
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, PositiveInt

PLATFORMS = (
    "credit_shandong",
    "sd_gateway_credit",
    "async_serial",
    "credit_template_2018",
    "transport_csv_folder",
    "credit_frontdb_2018",
    "void_and_insert",
    "transport_credit",
    "safety_credit",
    "county_site",
)
"""Platforms that there is a stand-in for."""

_AMOUNT = re.compile(r"[0-9]{1,12}(\.[0-9]{1,6})?")
_WHOLE = re.compile(r"-?[0-9]{1,9}")
_YEAR = re.compile(r"(19|20)[0-9]{2}")
_DATES = {
    "YYYY/MM/DD": (re.compile(r"[0-9]{4}/[0-9]{2}/[0-9]{2}"), "%Y/%m/%d"),
    "YYYY-MM-DD": (re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}"), "%Y-%m-%d"),
}


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class CredentialRules(_Table):
    """What a client must show to be recognised (客户端凭证).

    Attributes:
        client_id: Who it is.
        client_secret: Secret of a token or a signature.
        others: What else the wire asks for, by name, such as a gateway's key.
    """

    client_id: Annotated[str, Field(min_length=1)]
    client_secret: Annotated[str, Field(min_length=1, repr=False)]
    others: Mapping[str, str] = Field(default_factory=dict, repr=False)


class TokenRules(_Table):
    """How long a token is good, in seconds."""

    seconds: PositiveInt


class ResourceRules(_Table):
    """What is asked of the rows of one resource.

    Attributes:
        title: Chinese name, for people who look at its pages.
        key: Field that holds the document number (文书号), by which records are known.
        subject: Field that holds the subject's name (行政相对人名称).
        apart: Fields that tell apart the records under one document number, such as the names of
            joint offenders (共同违法); empty where there is one record for a number.
        unknown_subject: Word that marks a name as absent from the register of subjects; empty where
            the platform looks into none.
        status: Field of the present status (当前状态); empty where there is none, and a withdrawal
            deletes the record.
        withdrawn: Status of a withdrawn record.
        required: Fields that may not be empty.
        lengths: Field → most characters it takes; a field that is not named is not known and
            refused. Empty where any field is taken.
        dates: Fields that, when filled, hold a date.
        date_pattern: How dates are written.
        amounts: Fields that, when filled, hold a number with at most six decimals.
        whole: Fields that, when filled, hold a whole number, which may be negative.
        years: Fields that, when filled, hold a year.
        several: Field that may hold several of its words → what stands between them.
        asked: Word of a field of ``several`` → field that must then be filled.
        words: Field → words it may hold when filled.
        beginnings: Field → beginnings that a text outside of ``words`` may have.
        public: Whether the platform shows the records to everybody.
        shown: Field → label, of what a public page shows beside number and name.
        untold: Fields that the platform keeps and does not tell when it is asked, such as pictures.
    """

    title: str = ""
    key: str
    subject: str
    apart: tuple[str, ...] = ()
    unknown_subject: str = ""
    status: str = ""
    withdrawn: str = ""
    required: tuple[str, ...]
    lengths: Mapping[str, PositiveInt] = Field(default_factory=dict)
    dates: tuple[str, ...] = ()
    date_pattern: Literal["YYYY/MM/DD", "YYYY-MM-DD"] = "YYYY/MM/DD"
    amounts: tuple[str, ...] = ()
    whole: tuple[str, ...] = ()
    years: tuple[str, ...] = ()
    several: Mapping[str, str] = Field(default_factory=dict)
    asked: Mapping[str, str] = Field(default_factory=dict)
    words: Mapping[str, tuple[str, ...]] = Field(default_factory=dict)
    beginnings: Mapping[str, tuple[str, ...]] = Field(default_factory=dict)
    public: bool = True
    shown: Mapping[str, str] = Field(default_factory=dict)
    untold: tuple[str, ...] = ()


class PlatformRules(_Table):
    """Everything the stand-in for one platform knows from the start.

    Attributes:
        title: Chinese name.
        credentials: What clients must show.
        tokens: How long tokens are good.
        messages: Code → what the platform says.
        codes: Code of :class:`xinqiao.simulator.platform.Platform` → the wire's own code for it.
            Those that are left out stand in the wire as they are.
        absent: Operation → code for a record that is not there; 0041 for those that are left out.
        resources: Resource word → what is asked of its rows.
    """

    title: str
    credentials: CredentialRules
    tokens: TokenRules
    messages: Mapping[str, str]
    codes: Mapping[str, str] = Field(default_factory=dict)
    absent: Mapping[str, str] = Field(default_factory=dict)
    resources: Mapping[str, ResourceRules]


@cache
def load_rules(platform: str) -> PlatformRules:
    """Return the rules of ``platform``, one of :data:`PLATFORMS`.

    A table may name another one in ``like``: what it does not say itself is as there.
    """
    return PlatformRules.model_validate(_table_of(platform))


def _table_of(platform: str) -> dict[str, Any]:
    text = resources.files(__package__).joinpath(f"{platform}.toml").read_text(encoding="utf-8")
    table = tomllib.loads(text)
    other = table.pop("like", None)
    return table if other is None else {**_table_of(other), **table}


def refusal(rules: ResourceRules, operation: str, fields: Mapping[str, str]) -> tuple[str, str]:
    """Return (code, field) for a row that is refused at once, or two empty texts.

    1002 is a required field that is empty, 1003 a filled field of the wrong form, too long or not
    known; a withdrawal whose status says anything but withdrawn is of the wrong form too.
    """
    for name in rules.required:
        if not fields.get(name, "").strip():
            return "1002", name
    for name, text in fields.items():
        if text and not _well_formed(rules, name, text):
            return "1003", name
    for name, separator in rules.several.items():
        for word in fields.get(name, "").split(separator):
            if word in rules.asked and not fields.get(rules.asked[word], "").strip():
                return "1002", rules.asked[word]
    told = fields.get(rules.status, "") if rules.status else ""
    if operation == "withdraw" and told not in ("", rules.withdrawn):
        return "1003", rules.status
    return "", ""


def _well_formed(rules: ResourceRules, name: str, text: str) -> bool:
    if rules.lengths and len(text) > rules.lengths.get(name, 0):
        return False
    if name in rules.dates:
        return _is_date(text, rules.date_pattern)
    for names, form in ((rules.amounts, _AMOUNT), (rules.whole, _WHOLE), (rules.years, _YEAR)):
        if name in names:
            return form.fullmatch(text) is not None
    if name in rules.several:
        return all(_is_word(rules, name, word) for word in text.split(rules.several[name]))
    return _is_word(rules, name, text)


def _is_word(rules: ResourceRules, name: str, text: str) -> bool:
    if name not in rules.words or text in rules.words[name]:
        return True
    return any(
        text.startswith(start) and len(text) > len(start)
        for start in rules.beginnings.get(name, ())
    )


def _is_date(text: str, pattern: str) -> bool:
    form, codes = _DATES[pattern]
    if not form.fullmatch(text):
        return False
    try:
        datetime.strptime(f"{text} +0800", f"{codes} %z")
    except ValueError:
        return False
    return True
