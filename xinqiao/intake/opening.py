"""Reading a file that a person names, and telling in their own words why it cannot be read."""

from pathlib import Path

from xinqiao.errors import InputError


def read_file(path: Path) -> bytes:
    """Return the bytes of ``path``.

    Raises:
        InputError: It is missing, a folder, or may not or cannot be read.
    """
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise missing(path) from None
    except IsADirectoryError:
        message = f"{path} 是一个文件夹；请写明其中的文件，如 {path / '许可.xlsx'}"
        raise InputError(message, code="file_format") from None
    except PermissionError:
        message = f"{path}：没有读取权限，请检查文件的权限和所有者"
        raise InputError(message, code="file_permission") from None
    except OSError as error:
        message = f"{path}：文件读取失败（{error.strerror}），请检查磁盘或网络共享"
        raise InputError(message, code="file_unreadable") from error


def missing(path: Path) -> InputError:
    """Return the error about a file that is not there."""
    return InputError(f"{path}：找不到文件，请检查路径和文件名", code="file_missing")
