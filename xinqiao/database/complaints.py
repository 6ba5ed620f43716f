"""What a database driver complains about, as what a person can do (数据库报错)."""

import re
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from xinqiao.database.retirement import MOVED
from xinqiao.errors import BusyError, DamageError, InputError, SettingsError, XinqiaoError


@dataclass(frozen=True, slots=True)
class _Complaint:
    """What a person is told: the error by how one recovers, its code, and the words."""

    error: type[XinqiaoError]
    code: str
    words: str


_ADDRESS = (
    "地址：xinqiao.toml 的 database.url 或环境变量 XINQIAO_DATABASE_URL；"
    "搬迁时是 --to 或环境变量 XINQIAO_TARGET_DATABASE_URL"
)

_LOCKED = _Complaint(BusyError, "locked", "数据库 {place} 正被另一个程序写入，请稍后再试")
_READ_ONLY = _Complaint(
    SettingsError, "read_only", "数据库 {place} 只能读不能写：请检查文件和所在文件夹的权限"
)
_UNOPENED = _Complaint(
    SettingsError,
    "unopened",
    "打不开数据库 {place}：请检查文件夹是否存在、本用户能否写入"
    "（只是查看也要能写该文件夹；在只读的盘上请先复制出来）",
)
_NOT_A_DATABASE = _Complaint(
    DamageError, "damaged", "{place} 不是数据库文件或已损坏：请停止写入，从备份恢复"
)
_MALFORMED = _Complaint(DamageError, "damaged", "数据库 {place} 已损坏：请停止写入，从备份恢复")
_NOT_TEXT = _Complaint(
    DamageError, "damaged", "数据库 {place} 里有不是文字的内容：请停止写入，查明原因"
)
_DISK_FULL = _Complaint(SettingsError, "disk", "磁盘已满，无法写入 {place}；清理后再试")
_NO_TABLES = _Complaint(
    SettingsError, "no_tables", "数据库 {place} 还没有建表：请执行 xinqiao init 补全工作区"
)
_REFUSED_LOGIN = _Complaint(
    SettingsError,
    "database_login",
    f"数据库 {{place}} 不接受所用的用户名或密码：请核对{_ADDRESS}",
)
_BAD_ADDRESS = _Complaint(
    SettingsError,
    "database_url",
    f"数据库 {{place}} 的地址里有不能用的端口或参数：请核对{_ADDRESS}",
)
_UNKNOWN_DATABASE = _Complaint(
    SettingsError,
    "database_unknown",
    "数据库服务器上没有 {place} 这个库：请先由管理员建库（编码 UTF8）",
)
_NOT_PERMITTED = _Complaint(
    SettingsError, "database_permission", "所用的数据库用户在 {place} 中权限不足：请由管理员授权"
)
_UNREACHABLE = _Complaint(
    BusyError,
    "database_unreachable",
    "连不上数据库 {place}：请确认数据库服务在运行、网络畅通，再试一次",
)
_CROWDED = _Complaint(BusyError, "database_crowded", "数据库 {place} 的连接已满，请稍后再试")
_WRONG_ENCODING = _Complaint(
    SettingsError,
    "database_encoding",
    "数据库 {place} 的编码不能存这里的文字：请由管理员建编码为 UTF8 的库",
)
_UNFIT_TEXT = _Complaint(
    InputError,
    "characters",
    "要存的文字里有数据库 {place} 存不下的字符（文件名或参数不是 UTF-8 编码，或其中有空字符）："
    "请改名或改写后再试",
)
_MOVED = _Complaint(
    SettingsError,
    "database_moved",
    "这个数据库（{place}）已搬到 PostgreSQL，只能查看，不能再写："
    "请把 xinqiao.toml 的 database.url 改为新库的地址（或设环境变量 XINQIAO_DATABASE_URL），"
    "再执行 xinqiao doctor",
)

_BY_STATE: dict[str, _Complaint] = {
    "08000": _UNREACHABLE,
    "08003": _UNREACHABLE,
    "08006": _UNREACHABLE,
    "25006": _READ_ONLY,
    "25P03": _UNREACHABLE,
    "28000": _REFUSED_LOGIN,
    "28P01": _REFUSED_LOGIN,
    "22P05": _WRONG_ENCODING,
    "3D000": _UNKNOWN_DATABASE,
    "40001": _LOCKED,
    "40P01": _LOCKED,
    "42501": _NOT_PERMITTED,
    "42P01": _NO_TABLES,
    "53100": _DISK_FULL,
    "53300": _CROWDED,
    "55P03": _LOCKED,
    "57P01": _UNREACHABLE,
    "57P02": _UNREACHABLE,
    "57P03": _UNREACHABLE,
    "57P04": _UNKNOWN_DATABASE,
    "57P05": _UNREACHABLE,
    "XX001": _MALFORMED,
    "XX002": _MALFORMED,
}
"""SQLSTATE of PostgreSQL → what a person is told."""

_BY_WORDS: dict[str, dict[str, _Complaint]] = {
    "sqlite": {
        MOVED: _MOVED,
        "locked": _LOCKED,
        "readonly": _READ_ONLY,
        "unable to open": _UNOPENED,
        "not a database": _NOT_A_DATABASE,
        "malformed": _MALFORMED,
        "Could not decode": _NOT_TEXT,
        "disk is full": _DISK_FULL,
        "no such table": _NO_TABLES,
    },
    # while connecting, the driver gives words and no SQLSTATE; the server may speak Chinese
    "postgresql": {
        "authentication failed|认证失败": _REFUSED_LOGIN,
        "no password supplied": _REFUSED_LOGIN,
        "pg_hba": _REFUSED_LOGIN,
        'role ".*" does not exist|角色.*不存在': _REFUSED_LOGIN,
        'database ".*" does not exist|数据库.*不存在': _UNKNOWN_DATABASE,
        "too many clients|too many connections|太多的客户": _CROWDED,
        "NUL": _UNFIT_TEXT,
        "invalid .*(value|port|parameter|option)|bad value for": _BAD_ADDRESS,
        "connection": _UNREACHABLE,
        "resolve host": _UNREACHABLE,
    },
}
"""Database → pattern in the words of its driver → what a person is told; the first counts."""


def explain(error: DBAPIError, url: sa.URL) -> XinqiaoError | None:
    """Return what a person is told about ``error``; None for anything unforeseen."""
    dialect = url.get_backend_name()
    place = place_of(url)
    state = getattr(error.orig, "sqlstate", None)
    if state in _BY_STATE:
        return _told(_BY_STATE[state], place)
    if state is None:
        text = str(error.orig)
        for words, complaint in _BY_WORDS.get(dialect, {}).items():
            if re.search(words, text):
                return _told(complaint, place)
    # whatever the words are: the driver knows that nobody is on the line any more
    return _told(_UNREACHABLE, place) if error.connection_invalidated else None


def unfit_text(url: sa.URL) -> XinqiaoError:
    """Return what a person is told about text that has no encoding and so cannot be stored."""
    return _told(_UNFIT_TEXT, place_of(url))


def moved(url: sa.URL) -> XinqiaoError:
    """Return what a person is told about a database whose content has moved to another."""
    return _told(_MOVED, place_of(url))


def place_of(url: sa.URL) -> str:
    """Return where a database is, as a person calls it; never with a user or a password."""
    name = url.database or url.get_backend_name()
    return f"{url.host}/{name}" if url.host else name


def _told(complaint: _Complaint, place: str) -> XinqiaoError:
    return complaint.error(complaint.words.format(place=place), code=complaint.code)
