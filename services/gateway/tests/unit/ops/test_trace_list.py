"""The list of the newest traces."""

import re
from collections.abc import Callable

import httpx
import pytest
from opentelemetry.trace import Span

Record = Callable[..., Span]


def _id(span: Span) -> str:
    return f"{span.get_span_context().trace_id:032x}"


async def test_the_list_shows_the_newest_traces_first(ops: httpx.AsyncClient, record: Record) -> None:
    for number in range(102):
        record("gateway", f"request {number}.", number, number + 0.5)

    page = (await ops.get("/traces")).text

    assert re.findall(r"request (\d+)\.", page) == [str(number) for number in range(101, 1, -1)]


async def test_a_line_of_the_list_tells_what_the_trace_was(ops: httpx.AsyncClient, capture: Span) -> None:
    line = re.search(r"<tbody>.*</tbody>", (await ops.get("/traces")).text, re.DOTALL)[0]

    assert f'<a href="/traces/{_id(capture)}">POST /v1/captures</a>' in line
    assert "2025-10-09 08:53:20.000" in line
    assert '<td class="number">5</td>\n<td class="number">100 ms</td>' in line
    assert re.findall(r"</i>(\w+)</span>", line) == ["analytics", "billing", "extractor", "gateway"]
    assert "badge" not in line


@pytest.mark.usefixtures("capture")
async def test_the_list_of_failed_traces_leaves_the_others_out(
    ops: httpx.AsyncClient, record: Record
) -> None:
    bad = record("gateway", "GET /bad", 0, 1, failed=True)

    page = (await ops.get("/traces?failed=1")).text

    assert re.findall(r'href="/traces/(\w+)"', page) == [_id(bad)]
    assert '<span class="badge">1</span>' in page


async def test_a_trace_id_from_a_log_line_opens_its_trace(ops: httpx.AsyncClient, capture: Span) -> None:
    response = await ops.get("/traces", params={"id": f" {_id(capture).upper()} "}, follow_redirects=True)

    assert response.status_code == 200
    assert "POST /v1/captures" in response.text
