"""The fake payment service is started by hand, as its help says."""

import re
import subprocess
import sys
from collections.abc import Iterator

import httpx
import pytest

from metaextract_testing.__main__ import main

SECRET = "whsec_YSBzZWNyZXQgb2YgdGhlIHRlc3RzLi4u"


@pytest.fixture
def started() -> Iterator[str]:
    command = [sys.executable, "-m", "metaextract_testing", "dodo", "--port", "0"]
    command += ["--webhook-url", "http://127.0.0.1:9/nobody", "--secret", SECRET, "--held"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        found = re.search(r"http://127\.0\.0\.1:\d+", process.stdout.readline())
        assert found is not None
        yield found[0]
        process.terminate()


def test_a_person_can_open_a_checkout_and_pay(started: str) -> None:
    key = {"authorization": "Bearer any"}
    cart = {"product_cart": [{"product_id": "pdt_images_mvp_starter", "quantity": 1}]}
    with httpx.Client(base_url=started, timeout=60) as client:
        assert client.post("/checkouts", json=cart).status_code == 401
        assert client.post("/checkouts", json={}, headers=key).status_code == 422
        session = client.post("/checkouts", json=cart, headers=key).json()
        assert "4.00 USD" in client.get(session["checkout_url"]).text
        assert "succeeded" in client.post(session["checkout_url"], data={"status": "succeeded"}).text
        [webhook] = client.get("/fake/webhooks").json()
        assert (webhook["type"], webhook["statuses"]) == ("payment.succeeded", [])
        assert client.get("/payments/none", headers=key).status_code == 404


@pytest.mark.parametrize("missing", ["--webhook-url", "--secret"])
def test_what_must_be_said_is_asked_for(missing: str, capsys: pytest.CaptureFixture[str]) -> None:
    given = {"--webhook-url": "http://127.0.0.1:9/", "--secret": SECRET}
    arguments = [part for name, value in given.items() if name != missing for part in (name, value)]
    with pytest.raises(SystemExit) as stopped:
        main(["dodo", *arguments])
    assert stopped.value.code == 2
    assert missing in capsys.readouterr().err
