"""Every error a person can meet, named by how one recovers from it.

::

    XinqiaoError
    ├── InputError      the file or value handed in must be corrected
    ├── SettingsError   the workspace, a profile, a key file or a permission must be corrected
    ├── RefusedError    the action is not allowed as things stand; the message says what is
    ├── BusyError       nothing is wrong that waiting does not cure (database locked, platform away)
    └── DamageError     stored data contradicts itself; stop and look before going on

Messages are Chinese, say what to do next, and never hold an identity number. ``code`` is the stable
English word that ``--json`` shows.
"""

import errno

_REASONS = {
    errno.EACCES: "没有权限",
    errno.EBUSY: "正被别的程序占用",
    errno.EDQUOT: "超出了磁盘配额",
    errno.EEXIST: "已经存在",
    errno.EFBIG: "文件太大",
    errno.EIO: "磁盘或网络共享读写出错",
    errno.EISDIR: "它是文件夹，不是文件",
    errno.ELOOP: "符号链接绕成了圈",
    errno.EMFILE: "打开的文件太多",
    errno.ENAMETOOLONG: "名称太长",
    errno.ENFILE: "打开的文件太多",
    errno.ENOENT: "没有这个文件或文件夹",
    errno.ENOSPC: "磁盘已满",
    errno.ENOTCONN: "网络共享没有连上",
    errno.ENOTDIR: "路径中有一段不是文件夹",
    errno.ENOTEMPTY: "文件夹里还有东西",
    errno.EPERM: "系统不允许",
    errno.EROFS: "所在的磁盘只能读",
    errno.ESTALE: "网络共享已断开",
    errno.ETIMEDOUT: "网络共享没有回应",
    errno.EXDEV: "不在同一个磁盘上",
}
"""Number of a system error (POSIX) → what is told to a person."""


def reason_of(error: OSError) -> str:
    """Return in Chinese why the system refused; an error without a word of ours by its number."""
    return _REASONS.get(error.errno or 0, f"系统错误 {error.errno or 0}")


class XinqiaoError(Exception):
    """Root of all errors that are told to a person instead of shown as a traceback.

    Attributes:
        code: Stable English identifier of the error, for ``--json`` and for log events.
        exit_code: What the command line returns: 1 could not be done, 3 needs a person.
    """

    code = "error"
    exit_code = 1

    def __init__(self, message: str, *, code: str | None = None) -> None:
        """Keep the Chinese ``message``; ``code`` overrides the class's own."""
        super().__init__(message)
        self.message = message
        if code is not None:
            self.code = code


class InputError(XinqiaoError):
    """The file or value handed in must be corrected; nothing was stored."""

    code = "input"


class SettingsError(XinqiaoError):
    """The workspace, a profile, a key file or a permission must be corrected."""

    code = "settings"


class RefusedError(XinqiaoError):
    """The action is not allowed in the present state; nothing was changed."""

    code = "refused"


class BusyError(XinqiaoError):
    """Nothing is wrong that waiting does not cure; the same command may succeed later."""

    code = "busy"


class DamageError(XinqiaoError):
    """Stored data contradicts itself; a person must look before anything goes on."""

    code = "damage"
