"""The reference page says all of the document and runs nothing."""

import base64
import hashlib
import json
import re
from collections.abc import AsyncIterator
from html.parser import HTMLParser
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette

from metaextract_gateway.adapters.http import reference
from metaextract_gateway.adapters.http.reference import page
from metaextract_gateway.adapters.http.reference.routes import routes

DOCUMENT = json.loads(Path(reference.__file__).with_name("openapi.json").read_text())
OPERATIONS = [one for verbs in DOCUMENT["paths"].values() for one in verbs.values()]


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    app = httpx.ASGITransport(Starlette(routes=routes(public_url="")))
    async with httpx.AsyncClient(transport=app, base_url="https://images.example") as client:
        yield client


class Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.targets: set[str] = set()
        self.tags: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        about = dict(attrs)
        self.tags.add(tag)
        if about.get("id"):
            self.ids.append(about["id"] or "")
        if tag == "a":
            self.targets.add(about["href"] or "")


async def test_every_operation_and_schema_is_there_and_every_link_leads_somewhere(
    client: httpx.AsyncClient,
) -> None:
    found = Links()
    found.feed((await client.get("/docs")).text)

    assert {one["operationId"] for one in OPERATIONS} <= set(found.ids)
    assert {page.anchor(name) for name in DOCUMENT["components"]["schemas"]} <= set(found.ids)
    assert len(found.ids) == len(set(found.ids))
    inside = {target for target in found.targets if target.startswith("#")}
    assert inside <= {f"#{one}" for one in found.ids}
    assert found.targets - inside == {"/v1/openapi.json"}


async def test_the_policy_lets_the_page_show_its_own_style_and_do_nothing_else(
    client: httpx.AsyncClient,
) -> None:
    answer = await client.get("/docs")
    found = Links()
    found.feed(answer.text)
    style = re.search(r"<style>(.*?)</style>", answer.text, re.DOTALL)

    assert style is not None
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    policy = answer.headers["content-security-policy"]
    assert f"style-src 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none'")
    assert not {"script", "link", "img", "iframe", "object", "form"} & found.tags
    assert " style=" not in answer.text


async def test_examples_name_the_server_as_the_request_did(client: httpx.AsyncClient) -> None:
    hostile = await client.get("/docs", headers={"Host": 'x"><b>'})

    assert "curl https://images.example/v1/formats" in (await client.get("/docs")).text
    assert "<b>" not in hostile.text


async def test_what_a_client_has_already_is_not_sent_again(client: httpx.AsyncClient) -> None:
    for path in ("/docs", "/v1/openapi.json"):
        first = await client.get(path)
        again = await client.get(path, headers={"If-None-Match": f'W/{first.headers["etag"]}, "other"'})
        assert (again.status_code, again.content) == (304, b"")
        assert (await client.head(path)).headers["etag"] == first.headers["etag"]


def test_text_of_the_contract_cannot_be_markup() -> None:
    assert "<b>" not in page.prose("<b>bold</b>\n\n* `<i>`\n* two")
    assert page.prose("* `<i>`\n* two") == "<ul><li><code>&lt;i&gt;</code></li><li>two</li></ul>"


def test_every_operation_has_an_example_and_says_what_it_does() -> None:
    assert len(OPERATIONS) > 25
    for one in OPERATIONS:
        assert one["x-curl"].startswith("curl")
        assert "$BASE" in one["x-curl"]
        assert one["summary"]
