"""One running product for all tests of the interface."""

import httpx
import pytest

from metaextract_testing.factory import make
from metaextract_testing.fleet import Fleet, until


@pytest.fixture(scope="session")
def running(unmetered_fleet: Fleet) -> Fleet:
    url = f"{unmetered_fleet.url}/v1/fieldDictionary"
    until(lambda: httpx.get(url, timeout=60).status_code == 200)
    return unmetered_fleet


@pytest.fixture(scope="session")
def extraction(running: Fleet) -> str:
    """Return the id of an extraction that has a result."""
    image = make("jpeg")
    answer = httpx.post(
        f"{running.url}/v1/extractions", files={"file": (image.name, image.content)}, timeout=60
    )
    assert answer.status_code == 201, answer.text
    return str(answer.json()["name"]).removeprefix("extractions/")


@pytest.fixture(scope="session")
def token(running: Fleet) -> str:
    """Return the access token of somebody who has an account."""
    somebody = {"email": "anna@example.com", "username": "anna", "password": "Correct-horse-9battery"}
    answer = httpx.post(f"{running.url}/api/auth/register", json=somebody, timeout=30)
    assert answer.is_success, answer.text
    return str(answer.json()["token"])
