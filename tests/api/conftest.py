"""One running product for all tests of the interface."""

from collections.abc import Iterator

import httpx
import pytest

from metaextract_testing.factory import make
from metaextract_testing.fleet import Fleet, started, until


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    with started(tmp_path_factory.mktemp("api")) as fleet:
        until(lambda: httpx.get(f"{fleet.url}/v1/fieldDictionary", timeout=10).status_code == 200)
        yield fleet


@pytest.fixture(scope="session")
def extraction(running: Fleet) -> str:
    """Return the id of an extraction that has a result."""
    image = make("jpeg")
    answer = httpx.post(
        f"{running.url}/v1/extractions", files={"file": (image.name, image.content)}, timeout=60
    )
    assert answer.status_code == 201, answer.text
    return str(answer.json()["name"]).removeprefix("extractions/")
