"""What a database driver complains about, as what a person can do (数据库报错)."""

from collections.abc import Callable

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from xinqiao.errors import BusyError, DamageError, SettingsError, XinqiaoError

Make = Callable[[str], XinqiaoError]
"""Takes the name of the database; gives the error that a person is told."""


def _locked(place: str) -> XinqiaoError:
    return BusyError(f"数据库 {place} 正被另一个程序写入，请稍后再试", code="locked")


def _read_only(place: str) -> XinqiaoError:
    return SettingsError(
        f"数据库 {place} 只能读不能写：请检查文件和所在文件夹的权限", code="read_only"
    )


def _unopened(place: str) -> XinqiaoError:
    return SettingsError(
        f"打不开数据库 {place}：请检查文件夹是否存在、本用户能否写入"
        "（只是查看也要能写该文件夹；在只读的盘上请先复制出来）",
        code="unopened",
    )


def _not_a_database(place: str) -> XinqiaoError:
    return DamageError(f"{place} 不是数据库文件或已损坏：请停止写入，从备份恢复", code="damaged")


def _malformed(place: str) -> XinqiaoError:
    return DamageError(f"数据库 {place} 已损坏：请停止写入，从备份恢复", code="damaged")


def _not_text(place: str) -> XinqiaoError:
    return DamageError(f"数据库 {place} 里有不是文字的内容：请停止写入，查明原因", code="damaged")


def _disk_full(place: str) -> XinqiaoError:
    return SettingsError(f"磁盘已满，无法写入 {place}；清理后再试", code="disk")


def _no_tables(place: str) -> XinqiaoError:
    return SettingsError(
        f"数据库 {place} 还没有建表：请执行 xinqiao init 补全工作区", code="no_tables"
    )


def _refused_login(place: str) -> XinqiaoError:
    return SettingsError(
        f"数据库 {place} 不接受所用的用户名或密码：请核对 xinqiao.toml 的 database.url"
        "（或环境变量 XINQIAO_DATABASE_URL）",
        code="database_login",
    )


def _unknown_database(place: str) -> XinqiaoError:
    return SettingsError(
        f"数据库服务器上没有 {place} 这个库：请先由管理员建库（编码 UTF8）",
        code="database_unknown",
    )


def _not_permitted(place: str) -> XinqiaoError:
    return SettingsError(
        f"所用的数据库用户在 {place} 中权限不足：请由管理员授权", code="database_permission"
    )


def _unreachable(place: str) -> XinqiaoError:
    return BusyError(
        f"连不上数据库 {place}：请确认数据库服务在运行、网络畅通，再试一次",
        code="database_unreachable",
    )


def _crowded(place: str) -> XinqiaoError:
    return BusyError(f"数据库 {place} 的连接已满，请稍后再试", code="database_crowded")


def _wrong_encoding(place: str) -> XinqiaoError:
    return SettingsError(
        f"数据库 {place} 的编码不能存这里的文字：请由管理员建编码为 UTF8 的库",
        code="database_encoding",
    )


_BY_STATE: dict[str, Make] = {
    "25006": _read_only,
    "28000": _refused_login,
    "28P01": _refused_login,
    "22P05": _wrong_encoding,
    "3D000": _unknown_database,
    "42501": _not_permitted,
    "42P01": _no_tables,
    "53100": _disk_full,
    "53300": _crowded,
    "55P03": _locked,
    "57P01": _unreachable,
    "57P02": _unreachable,
    "57P03": _unreachable,
}
"""SQLSTATE of PostgreSQL → what a person is told."""

_BY_WORDS: dict[str, dict[str, Make]] = {
    "sqlite": {
        "locked": _locked,
        "readonly": _read_only,
        "unable to open": _unopened,
        "not a database": _not_a_database,
        "malformed": _malformed,
        "Could not decode": _not_text,
        "disk is full": _disk_full,
        "no such table": _no_tables,
    },
    # while connecting, the driver gives words and no SQLSTATE
    "postgresql": {
        "authentication failed": _refused_login,
        "no password supplied": _refused_login,
        "does not exist": _unknown_database,
        "too many clients": _crowded,
        "connection": _unreachable,
        "resolve host": _unreachable,
        "starting up": _unreachable,
        "shutting down": _unreachable,
    },
}
"""Database → words of its driver → what a person is told; the first that is found counts."""


def explain(error: DBAPIError, url: sa.URL) -> XinqiaoError | None:
    """Return what a person is told about ``error``; None for anything unforeseen."""
    dialect = url.get_backend_name()
    place = url.database or dialect
    if dialect == "postgresql" and url.host:
        place = f"{url.host}/{url.database}"
    state = getattr(error.orig, "sqlstate", None)
    if state in _BY_STATE:
        return _BY_STATE[state](place)
    if state is None:
        text = str(error.orig)
        for words, make in _BY_WORDS.get(dialect, {}).items():
            if words in text:
                return make(place)
    return None
