"""A platform's word for what is asked of it (操作对照词)."""

from collections.abc import Collection, Mapping

from xinqiao.adapters.base import Operation
from xinqiao.errors import SettingsError


def asked_as(operation: Operation, known: Collection[Operation]) -> Operation:
    """Return the operation as which a platform is asked for ``operation``.

    A platform that has nothing of its own for taking a record down (下架) knows no difference
    between that and a withdrawal: either way it shows the record no longer.

    Args:
        operation: What is wanted.
        known: Operations that the platform has a word, or another thing of its own, for.
    """
    if operation is Operation.TAKE_DOWN and operation not in known:
        return Operation.WITHDRAW
    return operation


def words_with_field(message: str, field: str) -> str:
    """Return a platform's words with the field that it names apart from them (出错的字段).

    Whoever reads the words then finds the field where most platforms write it themselves.

    Args:
        message: The platform's words.
        field: What it names: a code, a name, or nothing.
    """
    if not field or field in message:
        return message
    return f"{message}：{field}" if message else field


def operation_word(operation: Operation, words: Mapping[Operation, str]) -> str:
    """Return the platform's word for ``operation``, as :func:`asked_as`.

    Args:
        operation: What is wanted.
        words: ``words.operations`` of the profile.

    Raises:
        SettingsError: There is none, so that nothing of the kind can be sent.
    """
    asked = asked_as(operation, words)
    if asked not in words:
        names = operation.value if asked is operation else f"{operation.value} 或 {asked.value}"
        raise SettingsError(
            f"平台配置没有 {names} 操作的对照词（words.operations），请补上或改由人工办理",
            code="profile",
        )
    return words[asked]
