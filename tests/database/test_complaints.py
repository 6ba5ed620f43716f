"""What a driver says in words only, also in a server's Chinese, is what a person can act on."""

import psycopg
import pytest
import sqlalchemy as sa
from sqlalchemy.exc import OperationalError

from xinqiao.database.complaints import explain
from xinqiao.errors import XinqiaoError

URL = sa.engine.make_url("postgresql+psycopg://hub:geheim@db.example/xinqiao")
FAILED = 'connection failed: connection to server at "10.0.0.9", port 5432 failed: '


def told(words: str, *, invalidated: bool = False) -> XinqiaoError | None:
    error = OperationalError(
        "SELECT 1", {}, psycopg.OperationalError(words), connection_invalidated=invalidated
    )
    return explain(error, URL)


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (f'{FAILED}FATAL:  password authentication failed for user "hub"', "database_login"),
        (f'{FAILED}致命错误:  用户 "hub" Password 认证失败', "database_login"),
        (f'{FAILED}致命错误:  角色 "hub" 不存在', "database_login"),
        (f'{FAILED}FATAL:  role "hub" does not exist', "database_login"),
        (f"{FAILED}fe_sendauth: no password supplied", "database_login"),
        (
            f'{FAILED}FATAL:  no pg_hba.conf entry for host "10.0.0.7", user "hub"',
            "database_login",
        ),
        (f'{FAILED}致命错误:  没有用于主机 "10.0.0.7" 的 pg_hba.conf 记录', "database_login"),
        (f'{FAILED}FATAL:  database "xinqiao" does not exist', "database_unknown"),
        (f'{FAILED}致命错误:  数据库 "xinqiao" 不存在', "database_unknown"),
        (f"{FAILED}FATAL:  sorry, too many clients already", "database_crowded"),
        (f"{FAILED}致命错误:  对不起, 已经有太多的客户", "database_crowded"),
        (f"{FAILED}FATAL:  the database system is starting up", "database_unreachable"),
        (f"{FAILED}Connection refused", "database_unreachable"),
        (f'{FAILED}root certificate file "x" does not exist', "database_unreachable"),
        ("failed to resolve host 'db.example': Name not known", "database_unreachable"),
        ("connection timeout expired", "database_unreachable"),
        ('connection is bad: invalid sslmode value: "bogus"', "database_url"),
        ('connection is bad: invalid port number: "99999"', "database_url"),
        ('invalid URI query parameter: "foo"', "database_url"),
        ('invalid connection option "foo"', "database_url"),
    ],
)
def test_what_is_said_while_connecting_is_understood(words: str, code: str) -> None:
    found = told(words)
    assert found is not None
    assert found.code == code
    assert "db.example/xinqiao" in found.message
    assert "geheim" not in found.message


def test_a_line_that_broke_is_told_whatever_the_words_are() -> None:
    words = "consuming input failed: SSL SYSCALL error: EOF detected"
    found = told(words, invalidated=True)
    assert found is not None
    assert found.code == "database_unreachable"
    assert told(words) is None, "nothing is made up about what is unforeseen"
