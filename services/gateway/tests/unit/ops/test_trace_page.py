"""The operations port draws what the span exporter of the services really wrote."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree as ET

import httpx
import pytest
from opentelemetry import propagate, trace
from opentelemetry.trace import Span

from metaextract_gateway.adapters.ops import span_store
from metaextract_gateway.adapters.ops.app import build_ops_app

SVG = "{http://www.w3.org/2000/svg}"
ORPHAN_TRACE = "0af7651916cd43dd8448eb211c80319c"
EVIL = """</title></svg><script>alert("1")</script>&amp;'"""

Record = Callable[..., Span]


def _id(span: Span) -> str:
    return f"{span.get_span_context().trace_id:032x}"


def _rows(page: str) -> list[ET.Element]:
    picture = re.search(r'<svg id="waterfall".*</svg>(?=\s*</div>)', page, re.DOTALL)
    assert picture
    return ET.fromstring(picture[0]).findall(f"{SVG}a")  # noqa: S314 - our own page


def _label(row: ET.Element) -> str:
    return "".join(row.find(f"{SVG}svg[@class='name']/{SVG}text[last()]").itertext())


async def test_every_span_has_one_row_below_its_parent_in_the_order_of_start(
    ops: httpx.AsyncClient, capture: Span
) -> None:
    rows = _rows((await ops.get(f"/traces/{_id(capture)}")).text)

    assert [(row.get("data-depth"), _label(row)) for row in rows] == [
        ("0", "POST /v1/captures server"),
        ("1", "parse server"),
        ("2", "read header server"),
        ("1", "BillingService/CaptureHold server"),
        ("2", "record hold.captured server"),
    ]
    took = [row.findtext(f"{SVG}text[@class='took']") for row in rows]
    assert took == ["100 ms", "40 ms", "10 ms", "20 ms", "0.25 ms"]


async def test_bars_stand_where_the_time_went(ops: httpx.AsyncClient, capture: Span) -> None:
    rows = _rows((await ops.get(f"/traces/{_id(capture)}")).text)

    bars = [row.find(f"{SVG}svg[@class='time']/{SVG}rect") for row in rows]
    assert [(bar.get("x"), bar.get("width")) for bar in bars] == [
        ("0.000%", "100.000%"),
        ("10.000%", "40.000%"),
        ("20.000%", "10.000%"),
        ("60.000%", "20.000%"),
        ("90.000%", "0.250%"),
    ]
    own = rows[0].findall(f"{SVG}svg[@class='time']/{SVG}rect")[1:]
    assert [(bar.get("x"), bar.get("width")) for bar in own] == [
        ("0.000%", "10.000%"),
        ("50.000%", "10.000%"),
        ("80.000%", "20.000%"),
    ]


async def test_services_differ_in_colour_and_stand_in_the_legend(
    ops: httpx.AsyncClient, capture: Span
) -> None:
    page = (await ops.get(f"/traces/{_id(capture)}")).text

    classes = [row.find(f"{SVG}svg[@class='time']/{SVG}rect").get("class") for row in _rows(page)]
    assert classes[1] == classes[2]  # both of the extractor
    assert len(set(classes)) == 4
    legend = page[page.index('class="legend"') : page.index("</ul>")]
    assert [name for name in ("gateway", "extractor", "billing", "analytics") if name not in legend] == []


async def test_what_spans_say_is_text_and_never_markup(ops: httpx.AsyncClient, record: Record) -> None:
    span = record(EVIL, EVIL, 0, 1, attributes={"note": EVIL, EVIL: 7})

    for address in ("/traces", f"/traces/{_id(span)}"):
        page = (await ops.get(address)).text
        assert "<script" not in page
    title = _rows(page)[0].findtext(f"{SVG}title")

    assert f"note = {EVIL}" in title
    assert f"{EVIL} = 7" in title
    assert EVIL in _label(_rows(page)[0])


async def test_a_row_leads_to_all_attributes_of_its_span(ops: httpx.AsyncClient, record: Record) -> None:
    span = record("gateway", "GET /", 0, 1, attributes={"http.route": "/" + "x" * 500})

    page = (await ops.get(f"/traces/{_id(span)}")).text

    target = _rows(page)[0].get("href").removeprefix("#")
    panel = re.search(rf'<section class="panel" id="{target}">.*?</section>', page, re.DOTALL)
    assert "<th>http.route</th><td>/" + "x" * 500 in panel[0]


async def test_spans_whose_parent_is_not_stored_are_roots_and_say_so(
    ops: httpx.AsyncClient, record: Record
) -> None:
    context = propagate.extract({"traceparent": f"00-{ORPHAN_TRACE}-b7ad6b7169203331-01"})
    far_away = trace.get_current_span(context)
    orphan = record("billing", "orphan", 5, 20, far_away)
    record("billing", "child", 6, 7, orphan)
    record("billing", "earlier orphan", 0, 1, far_away)

    rows = _rows((await ops.get(f"/traces/{ORPHAN_TRACE}")).text)

    assert [(row.get("data-depth"), _label(row)) for row in rows] == [
        ("0", "earlier orphan server (parent not stored)"),
        ("0", "orphan server (parent not stored)"),
        ("1", "child server"),
    ]


async def test_a_failed_span_is_marked_in_its_row_and_at_the_top(
    ops: httpx.AsyncClient, record: Record
) -> None:
    root = record("gateway", "GET /", 0, 10)
    record("billing", "charge", 1, 9, root, {"error.type": "STORE_UNAVAILABLE"}, failed=True)

    page = (await ops.get(f"/traces/{_id(root)}")).text

    assert [row.get("class") for row in _rows(page)] == ["row", "row failed"]
    assert "STORE_UNAVAILABLE" in page[page.index('class="alarm"') : page.index('class="legend"')]


@pytest.mark.usefixtures("capture")
@pytest.mark.parametrize("trace_id", ["none", "0" * 31, "0" * 32, "' OR 1=1 --", "..%2F..%2Fsecret"])
async def test_a_trace_that_is_not_stored_is_not_found(ops: httpx.AsyncClient, trace_id: str) -> None:
    page, document = await ops.get(f"/traces/{trace_id}"), await ops.get(f"/api/traces/{trace_id}")

    assert (page.status_code, document.status_code) == (404, 404)


async def test_programs_get_the_spans_to_the_nanosecond(ops: httpx.AsyncClient, capture: Span) -> None:
    document = (await ops.get(f"/api/traces/{_id(capture)}")).json()

    assert (document["trace_id"], document["spans_count"]) == (_id(capture), 5)
    assert document["spans"][0] == {
        "span_id": f"{capture.get_span_context().span_id:016x}",
        "parent_span_id": None,
        "service": "gateway",
        "name": "POST /v1/captures",
        "kind": "SERVER",
        "start_time_unix_nano": "1760000000000000000",
        "end_time_unix_nano": "1760000000100000000",
        "status": "UNSET",
        "attributes": {"http.response.status_code": 200},
    }


async def test_half_of_a_surrogate_pair_breaks_no_page(ops: httpx.AsyncClient, record: Record) -> None:
    span = record("gateway", "GET /", 0, 1, attributes={"half": "\ud83d"})

    page, document = await ops.get(f"/traces/{_id(span)}"), await ops.get(f"/api/traces/{_id(span)}")

    assert (page.status_code, document.status_code) == (200, 200)
    assert json.loads(document.content)["spans"][0]["attributes"] == {"half": "\ud83d"}


async def test_a_trace_that_is_too_long_is_cut_and_says_so(
    ops: httpx.AsyncClient, capture: Span, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(span_store, "SPANS_COUNT_MAX", 3)
    page = (await ops.get(f"/traces/{_id(capture)}")).text

    assert len(_rows(page)) == 3
    assert "Only the first 3 of 5 spans are drawn." in page


async def test_without_a_store_the_pages_say_how_to_keep_spans(ops: httpx.AsyncClient, path: Path) -> None:
    before = await ops.get("/traces")
    of_one = await ops.get(f"/traces/{ORPHAN_TRACE}")
    document = await ops.get(f"/api/traces/{ORPHAN_TRACE}")

    assert before.status_code == 200
    assert f"BILLING_SPAN_STORE={path}" in before.text
    assert (of_one.status_code, document.status_code) == (404, 404)
    assert "SPAN_STORE" in document.json()["detail"]


async def test_a_gateway_without_the_setting_says_how_to_keep_spans() -> None:
    transport = httpx.ASGITransport(build_ops_app(Path()))
    async with httpx.AsyncClient(transport=transport, base_url="http://ops") as ops:
        page = await ops.get("/traces")

    assert "GATEWAY_SPAN_STORE=.data/spans.sqlite" in page.text


async def test_a_store_that_cannot_be_read_is_no_crash(ops: httpx.AsyncClient, damaged: None) -> None:
    responses = [await ops.get("/traces"), await ops.get(f"/api/traces/{ORPHAN_TRACE}")]

    assert [response.status_code for response in responses] == [503, 503]


async def test_pages_need_nothing_but_themselves(ops: httpx.AsyncClient, capture: Span) -> None:
    for address in ("/", "/traces", f"/traces/{_id(capture)}"):
        response = await ops.get(address)
        assert response.headers["content-security-policy"].startswith("default-src 'none'")
        outside = re.findall(r"(?:src=|url\(|@import|<link|<script)", response.text)
        assert outside == []
        assert {link[0] for link in re.findall(r'href="([^"]*)"', response.text)} <= {"/", "#"}


async def test_metrics_are_served_in_the_format_of_prometheus(ops: httpx.AsyncClient) -> None:
    response = await ops.get("/metrics")

    assert response.headers["content-type"].startswith("text/plain; version=")
    assert "# TYPE python_info gauge" in response.text


async def test_a_process_that_answers_is_alive(ops: httpx.AsyncClient) -> None:
    assert (await ops.get("/healthz")).json() == {"status": "ok"}
