"""What a database driver complains about, as what it means for the rows (前置库报错).

All of it is heard before the commit, so nothing was written: the meaning only tells whether trying
again can help. What is said *at* the commit is never looked up here, with one exception that
:mod:`xinqiao.adapters.exchange_db.delivery` explains.

The numbers of 达梦 come from public reports of its users and were not tried.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError

from xinqiao.adapters.base import Outcome
from xinqiao.adapters.codes import words_for

BEFORE_COMMIT = (SQLAlchemyError, OSError, ValueError, OverflowError)
"""What SQLAlchemy and the drivers raise for what a database or a network did."""

_NAMES: Mapping[str, Outcome] = MappingProxyType(
    {
        "login_refused": Outcome.AUTH,
        "table_missing": Outcome.RETRYABLE,
        "column_missing": Outcome.RETRYABLE,
        "type_mismatch": Outcome.RETRYABLE,
        "permission_missing": Outcome.RETRYABLE,
        "row_locked": Outcome.RETRYABLE,
        "statement_timeout": Outcome.RETRYABLE,
        "database_full": Outcome.RETRYABLE,
        "connect_failed": Outcome.RETRYABLE,
        "connection_broken": Outcome.RETRYABLE,
        "database_error": Outcome.RETRYABLE,
        "value_refused": Outcome.REJECTED,
        "constraint_failed": Outcome.REJECTED,
        "key_exists": Outcome.DUPLICATE,
    }
)
"""Our name for a complaint → what it means."""

_BY_NUMBER: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "postgresql": {
            "28": "login_refused",
            "42P01": "table_missing",
            "3F000": "table_missing",
            "42703": "column_missing",
            "42501": "permission_missing",
            "25006": "permission_missing",
            "55P03": "row_locked",
            "40": "row_locked",
            "57014": "statement_timeout",
            "57": "connection_broken",
            "08": "connection_broken",
            "25P03": "connection_broken",
            "53": "database_full",
            "22": "value_refused",
            "42804": "type_mismatch",
            "42883": "type_mismatch",
            "23505": "key_exists",
            "23": "constraint_failed",
        },
        "mysql": {
            "1044": "login_refused",
            "1045": "login_refused",
            "1698": "login_refused",
            "1146": "table_missing",
            "1054": "column_missing",
            "1142": "permission_missing",
            "1143": "permission_missing",
            "1290": "permission_missing",
            "1205": "row_locked",
            "1213": "row_locked",
            "2006": "connection_broken",
            "2013": "connection_broken",
            "1969": "statement_timeout",
            "3024": "statement_timeout",
            "1021": "database_full",
            "1114": "database_full",
            "1264": "value_refused",
            "1292": "value_refused",
            "1366": "value_refused",
            "1406": "value_refused",
            "1048": "constraint_failed",
            "1062": "key_exists",
            "1364": "constraint_failed",
            "1452": "constraint_failed",
            "3819": "constraint_failed",
            "4025": "constraint_failed",
        },
        "oracle": {
            "1005": "login_refused",
            "1017": "login_refused",
            "28000": "login_refused",
            "28001": "login_refused",
            "942": "table_missing",
            "904": "column_missing",
            "1031": "permission_missing",
            "54": "row_locked",
            "60": "row_locked",
            "3113": "connection_broken",
            "3114": "connection_broken",
            "1013": "statement_timeout",
            "1653": "database_full",
            "1438": "value_refused",
            "1461": "value_refused",
            "1722": "value_refused",
            "1861": "value_refused",
            "12899": "value_refused",
            "1": "key_exists",
            "1400": "constraint_failed",
            "2290": "constraint_failed",
            "2291": "constraint_failed",
        },
        "sqlserver": {
            "18456": "login_refused",
            "18470": "login_refused",
            "208": "table_missing",
            "207": "column_missing",
            "229": "permission_missing",
            "230": "permission_missing",
            "1205": "row_locked",
            "1222": "row_locked",
            "1105": "database_full",
            "245": "value_refused",
            "2628": "value_refused",
            "8114": "value_refused",
            "8152": "value_refused",
            "515": "constraint_failed",
            "547": "constraint_failed",
            "2601": "key_exists",
            "2627": "key_exists",
        },
        "dameng": {
            "-2501": "login_refused",
            "-2106": "table_missing",
            "-2111": "column_missing",
            "-5504": "permission_missing",
            "-70028": "connect_failed",
            "-70019": "connection_broken",
            "-70005": "value_refused",
            "-6169": "value_refused",
            "-6602": "key_exists",
            "-6609": "constraint_failed",
        },
    }
)
"""Family → SQLSTATE (or its first two letters) or the driver's number → our name for it."""

_BY_WORDS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "sqlite": {
            "no such table": "table_missing",
            "no column named|no such column": "column_missing",
            "readonly": "permission_missing",
            "locked": "row_locked",
            "disk is full": "database_full",
            "unable to open": "connect_failed",
            "not a database|malformed": "database_error",
            "too big|too large": "value_refused",
            "UNIQUE constraint": "key_exists",
        },
        # while connecting, this driver gives words and no SQLSTATE; the server may speak Chinese
        "postgresql": {
            "authentication failed|认证失败": "login_refused",
            "no password supplied|pg_hba": "login_refused",
            'role ".*" does not exist|角色.*不存在': "login_refused",
            "connection|resolve host": "connect_failed",
        },
    }
)
"""Family → pattern in the driver's words → our name for it; the first counts."""


@dataclass(frozen=True, slots=True)
class Complaint:
    """What a driver's error came to: meaning, our name for it, and Chinese words without values."""

    outcome: Outcome
    code: str
    message: str


def complaint(error: Exception, family: str, *, connecting: bool = False) -> Complaint:
    """Return what ``error`` means; it was raised before the commit.

    Args:
        error: What SQLAlchemy or the driver raised.
        family: Whose codes it uses.
        connecting: Whether there was no connection yet.
    """
    name = _name_of(error, family) or ("connect_failed" if connecting else "")
    if name == "connect_failed" and not connecting:
        name = "connection_broken"
    if not name:
        name = "constraint_failed" if isinstance(error, IntegrityError) else "database_error"
    words = words_for(name)
    if name == "database_error":
        # what nobody has a name for is looked up by its number
        numbers = _numbers(error.orig if isinstance(error, DBAPIError) else error)
        words += "".join(f"（{number}）" for number in numbers[:1] if _CODE.fullmatch(number))
    return Complaint(_NAMES[name], name, words)


def _name_of(error: Exception, family: str) -> str:
    origin = error.orig if isinstance(error, DBAPIError) else error
    numbers = _BY_NUMBER.get(family, {})
    for number in _numbers(origin):
        if number in numbers:
            return numbers[number]
        if family == "postgresql" and number[:2] in numbers:
            return numbers[number[:2]]
    words = str(origin)
    found = (
        name for pattern, name in _BY_WORDS.get(family, {}).items() if re.search(pattern, words)
    )
    return next(found, "")


def _numbers(origin: Any) -> list[str]:
    """Return every place in which the drivers put the number of an error."""
    first = origin.args[0] if getattr(origin, "args", ()) else None
    told = (getattr(origin, "sqlstate", None), getattr(first, "code", None), first)
    numbers = [str(number) for number in told if isinstance(number, int | str)]
    # 达梦 tells its number inside the words: [CODE:-2501]
    numbers += re.findall(r"CODE:\s*(-\d+)", str(origin))
    return [number for number in numbers if len(number) <= _LONGEST_NUMBER]


_LONGEST_NUMBER = 8
_CODE = re.compile(r"-?[0-9]+|[0-9A-Z]{5}")
"""A driver's number, or an SQLSTATE; anything else may be words."""
