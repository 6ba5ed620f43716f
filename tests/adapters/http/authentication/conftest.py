"""A profile with a chain of one's own, over a platform that answers by a script."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl

import httpx
import pytest
import respx

from tests.adapters.conftest import FrozenClock
from xinqiao.adapters.base import Credentials, Surroundings
from xinqiao.adapters.connector import ProfileConnector, build
from xinqiao.adapters.profile import Profile, load_profile

BASE = "https://platform.test"
SECRETS = {"client_id": "county", "client_secret": "s3cret", "app_secret": "h1dden"}

Made = Callable[..., ProfileConnector]


def profile_with(
    steps: Sequence[Mapping[str, Any]], overlay: Mapping[str, Any] | None = None
) -> Profile:
    """Return the shipped profile with another chain."""
    changes: dict[str, Any] = {
        "credentials": {"app_secret": "应用密钥"},
        "settings": {"app_id": "应用标识"},
        "authentication": list(steps),
        **(overlay or {}),
    }
    changes["transport"] = {"base_url": BASE, **changes.get("transport", {})}
    return load_profile("credit_shandong", changes)


def token_step(path: str, **keys: Any) -> dict[str, Any]:
    """Return a token step whose answers are ``{code, token, life}``."""
    return {
        "type": "token",
        "source": "x",
        "method": "POST",
        "path": path,
        "body": "{id: credentials.client_id}",
        "token": "body.token",
        "expires_in": "body.life",
        "lifetime_seconds": 600,
        "margin_seconds": 10,
        "answers": [
            {"when": "body.code == 'no'", "means": "auth"},
            {"when": "body.token", "means": "granted"},
        ],
        **keys,
    }


@pytest.fixture
def surroundings(clock: FrozenClock) -> Surroundings:
    settings = {"organisation_code": "11370323MB2826290X", "app_id": "county"}
    return Surroundings(Credentials(SECRETS), clock, settings)


@pytest.fixture
def make(surroundings: Surroundings, request: pytest.FixtureRequest) -> Made:
    """Make a connector from steps and an overlay."""

    def connector(
        *steps: Mapping[str, Any], overlay: Mapping[str, Any] | None = None
    ) -> ProfileConnector:
        one = build(profile_with(steps, overlay), surroundings)
        request.addfinalizer(one.close)
        return one

    return connector


def fields_of(request: httpx.Request) -> dict[str, Any]:
    """Return the fields of a form, or the members of a JSON body."""
    if request.headers["content-type"].startswith("application/json"):
        members: dict[str, Any] = json.loads(request.content)
        return members
    return dict(parse_qsl(request.content.decode(), strict_parsing=True))


@pytest.fixture
def router() -> Iterator[Any]:
    """A platform that refuses every delivery as a whole and knows no batch."""
    with respx.mock(base_url=BASE, assert_all_called=False) as mock:
        mock.post("/api/v1/submissions", name="submit").respond(json={"code": "4001"})
        mock.get("/api/v1/receipts", name="receipts").respond(json={"code": "4040"})
        yield mock
