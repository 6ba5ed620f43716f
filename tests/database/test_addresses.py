"""Addresses of databases that cannot be used: what is wrong is told, a password never."""

import sys

import pytest

from xinqiao.config.workspace import Workspace
from xinqiao.errors import SettingsError, XinqiaoError
from xinqiao.opening import open_database

PASSWORD = "geheim"


def refused(workspace: Workspace, monkeypatch: pytest.MonkeyPatch, url: str) -> XinqiaoError:
    monkeypatch.setenv("XINQIAO_DATABASE_URL", url)
    with pytest.raises(XinqiaoError) as caught:
        open_database(workspace)
    return caught.value


@pytest.mark.parametrize(
    "url",
    [
        "xinqiao",
        f"postgres://hub:{PASSWORD}@127.0.0.1/xinqiao",
        f"mysql://hub:{PASSWORD}@127.0.0.1/xinqiao",
        f"postgresql+psycopg2://hub:{PASSWORD}@127.0.0.1/xinqiao",
        f"postgresql+asyncpg://hub:{PASSWORD}@127.0.0.1/xinqiao",
        f"postgresql://hub:p@x:{PASSWORD}@127.0.0.1:1/xinqiao",
        f"postgresql://hub:{PASSWORD}@127.0.0.1:1/xinqiao?sslmode=bogus",
        f"postgresql://hub:{PASSWORD}@127.0.0.1:1/xinqiao?unheard=of",
        f"postgresql://hub:{PASSWORD}@127.0.0.1:99999/xinqiao",
    ],
)
def test_an_address_that_cannot_be_used_is_told_without_its_password(
    rehearsal: Workspace, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    error = refused(rehearsal, monkeypatch, url)
    assert isinstance(error, SettingsError)
    assert error.code == "database_url"
    assert "database.url" in error.message
    assert PASSWORD not in f"{error.message} {error!r}"
    assert PASSWORD not in str(error.__cause__)


def test_without_the_driver_it_says_how_to_install_it(
    rehearsal: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    error = refused(rehearsal, monkeypatch, "postgresql://hub@127.0.0.1:1/xinqiao")
    assert error.code == "database_driver"
    assert "pip install 'xinqiao[postgresql]'" in error.message
