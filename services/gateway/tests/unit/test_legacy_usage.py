"""What clients tell of their use, and the report on it, in the legacy shapes (§6)."""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.types import ASGIApp

from metaextract_common.errors import ServiceError, service_unreachable
from metaextract_gateway.adapters.http.app import build_app
from metaextract_gateway.adapters.http.legacy import usage, usage_events, usage_report
from metaextract_gateway.domain.identity import ANYBODY, Caller, Role
from metaextract_gateway.domain.usage import EventAttribute, Usage
from metaextract_gateway.settings import Settings

NOW = datetime(2026, 11, 22, 22, 41, 38, 910_000, UTC)
TRACK = "/api/images_mvp/analytics/track"
REPORT = "/api/images_mvp/analytics/report"
USER = "5f0c29f4-5f0c-4f0c-8f0c-5f0c29f45f0c"


Client = Callable[..., httpx.AsyncClient]


class Events:
    """An analytics in memory: what it was told and asked, and what it answers."""

    def __init__(self) -> None:
        self.told: list[tuple[str, Mapping[str, str]]] = []
        self.asked: list[tuple[datetime | None, int]] = []
        self.counts: dict[str, int] = {}
        self.values: dict[EventAttribute, dict[str, int]] = {}
        self.mean: float | None = None
        self.error: ServiceError | None = None

    async def record(self, name: str, attributes: Mapping[str, str]) -> None:
        if self.error is not None:
            raise self.error
        self.told.append((name, attributes))

    async def usage(
        self,
        since: datetime | None,
        events_count_max: int,
        counted: Sequence[EventAttribute],
        averaged: Sequence[EventAttribute],
    ) -> Usage:
        if self.error is not None:
            raise self.error
        self.asked.append((since, events_count_max))
        first = NOW - timedelta(hours=1) if self.counts else None
        return Usage(
            counts_by_name=self.counts,
            sessions_count=1,
            users_count=0,
            first_time=first,
            last_time=first and NOW,
            counts_by_value={one: self.values.get(one, {}) for one in counted},
            means=dict.fromkeys(averaged, self.mean),
        )


@pytest.fixture
def events() -> Events:
    return Events()


@pytest.fixture
def client(events: Events, called_by: Callable[[ASGIApp, Caller], ASGIApp]) -> Client:
    def opened(caller: Caller = ANYBODY, *, public: bool = True) -> httpx.AsyncClient:
        app = called_by(build_app(usage.routes(events, public=public, now=lambda: NOW)), caller)
        return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://here")

    return opened


async def test_an_event_is_kept_with_the_properties_that_are_known_of_it(
    client: Client, events: Events
) -> None:
    properties = {
        "success": True,
        "processing_ms": 1234.5,
        "fields_extracted": 187,
        "mime_type": "image/jpeg",
        "error_message": "could not read /home/ann/divorce.jpg",
        "credits_charged": None,
        "extension": ["a", "list"],
        "size_bucket": "x" * 5000,
    }
    async with client() as http:
        answer = await http.post(TRACK, json={"event": "analysis_completed", "properties": properties})

    assert (answer.status_code, answer.content) == (204, b"")
    assert events.told == [
        (
            "analysis_completed",
            {
                "success": "true",
                "processing_ms": "1234.500000",
                "fields_extracted": "187",
                "mime_type": "image/jpeg",
                "size_bucket": "x" * usage_events.VALUE_CHARACTERS_MAX,
            },
        )
    ]


async def test_of_an_event_that_nobody_knows_only_the_name_is_kept(client: Client, events: Events) -> None:
    async with client() as http:
        answer = await http.post(TRACK, json={"event": "totally_made_up", "properties": {"a": "b"}})

    assert answer.status_code == 204
    assert events.told == [("totally_made_up", {})]


async def test_sessions_and_users_are_digests(client: Client, events: Events) -> None:
    body = {"event": "tab_changed", "sessionId": "s1"}
    async with client(Caller(user=USER)) as http:
        for session in ("s1", "s1", "s2"):
            await http.post(TRACK, json=body | {"sessionId": session})

    kept = [attributes for _, attributes in events.told]
    assert kept[0] == kept[1]
    assert kept[0]["session"] != kept[2]["session"]
    assert kept[0].keys() == {"session", "user"}
    assert not {"s1", "s2", USER} & {value for one in kept for value in one.values()}


async def test_a_beacon_may_call_its_json_plain_text(client: Client, events: Events) -> None:
    content = json.dumps({"event": "tab_changed", "properties": {"tab": "raw"}})
    async with client() as http:
        answer = await http.post(TRACK, content=content, headers={"content-type": "text/plain;charset=UTF-8"})

    assert answer.status_code == 204
    assert events.told == [("tab_changed", {"tab": "raw"})]


@pytest.mark.parametrize("body", [{}, {"event": ""}, {"event": "  "}, {"event": 5}, {"event": "a\x00b"}, []])
async def test_an_event_without_a_name_is_refused(client: Client, events: Events, body: Any) -> None:
    async with client() as http:
        answer = await http.post(TRACK, json=body)

    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error["message"]) == (
        400,
        "INVALID_REQUEST",
        "Event name is required",
    )
    assert not events.told


async def test_what_is_no_json_is_refused(client: Client, events: Events) -> None:
    async with client() as http:
        answer = await http.post(TRACK, content=b"{", headers={"content-type": "application/json"})

    assert (answer.status_code, answer.json().keys()) == (400, {"message"})


async def test_an_event_that_cannot_be_kept_is_a_500(client: Client, events: Events) -> None:
    events.error = service_unreachable("RecordEvents")
    async with client() as http:
        answer = await http.post(TRACK, json={"event": "tab_changed"})

    assert (answer.status_code, answer.json()) == (500, {"error": "Failed to log analytics event"})


async def test_a_report_has_the_shape_of_the_original(client: Client, events: Events) -> None:
    events.counts = {"analysis_completed": 5, "tab_changed": 4, "totally_made_up": 1, "purpose_skipped": 2}
    events.values = {
        EventAttribute("analysis_completed", "success"): {"true": 3, "false": 1, "": 1},
        EventAttribute("tab_changed", "tab"): {"raw": 2, "": 1, "unknown": 1},
    }
    events.mean = 1499.6
    async with client() as http:
        report = (await http.get(REPORT)).json()

    assert report["period"] == {
        "range": "7d",
        "since": "2026-11-15T22:41:38.910Z",
        "until": "2026-11-22T22:41:38.910Z",
        "limit": 5000,
    }
    assert report["totals"] == {
        "events": 12,
        "sessions": 1,
        "users": 0,
        "firstEventAt": "2026-11-22T21:41:38.910Z",
        "lastEventAt": "2026-11-22T22:41:38.910Z",
    }
    assert report["events"] == events.counts
    assert report["analysis"] == {"completed": 5, "success": 3, "failed": 1, "average_processing_ms": 1500}
    assert report["funnel"]["analysis_success"] == 3
    assert report["funnel"]["analysis_failed"] == 1
    assert report["purposes"] == {"selected": {}, "prompt_shown": 0, "prompt_opened": 0, "skipped": 2}
    assert report["tabs"] == {"raw": 2, "unknown": 2}


@pytest.mark.parametrize(
    ("query", "range_", "since", "limit"),
    [
        ("", "7d", NOW - timedelta(days=7), 5000),
        ("?period=24h", "24h", NOW - timedelta(days=1), 5000),
        ("?period=1d", "24h", NOW - timedelta(days=1), 5000),
        ("?period=day", "24h", NOW - timedelta(days=1), 5000),
        ("?period=week", "7d", NOW - timedelta(days=7), 5000),
        ("?period=month&limit=10", "30d", NOW - timedelta(days=30), 10),
        ("?period=all&limit=999999999999", "all", None, usage_report.EVENTS_COUNT_MAX),
        ("?period=never&limit=-1", "7d", NOW - timedelta(days=7), 5000),
        ("?limit=0", "7d", NOW - timedelta(days=7), 5000),
        ("?limit=20.5", "7d", NOW - timedelta(days=7), 20),
        ("?limit=x20", "7d", NOW - timedelta(days=7), 5000),
    ],
)
async def test_period_and_limit_are_those_of_the_original(
    client: Client, events: Events, query: str, range_: str, since: datetime | None, limit: int
) -> None:
    async with client() as http:
        period = (await http.get(REPORT + query)).json()["period"]

    assert events.asked == [(since, limit)]
    assert (period["range"], period["limit"]) == (range_, limit)
    assert (period["since"] is None) is (since is None)


async def test_the_optimized_report_is_the_same_of_the_newest_5000(client: Client, events: Events) -> None:
    async with client() as http:
        one = await http.get(f"{REPORT}?period=30d")
        other = await http.get(f"{REPORT}-optimized?period=30d&limit=7")

    assert one.json() == other.json()
    assert events.asked[1][1] == 5000


async def test_a_report_that_cannot_be_made_is_a_500(client: Client, events: Events) -> None:
    events.error = service_unreachable("GetUsageReport")
    async with client() as http:
        answer = await http.get(REPORT)

    assert (answer.status_code, answer.json()) == (500, {"error": "Failed to build analytics report"})


@pytest.mark.parametrize("path", [REPORT, f"{REPORT}-optimized"])
@pytest.mark.parametrize(
    ("caller", "status"),
    [(ANYBODY, 401), (Caller(user=USER), 403), (Caller(user=USER, roles=frozenset({Role.ADMIN})), 200)],
)
async def test_a_report_that_is_not_public_is_for_administrators(
    client: Client, events: Events, path: str, caller: Caller, status: int
) -> None:
    async with client(caller, public=False) as http:
        answer = await http.get(path)

    assert answer.status_code == status
    assert bool(events.asked) is (status == 200)


@pytest.mark.parametrize(
    ("settings", "public"),
    [
        ({}, False),
        ({"metered": False}, True),
        ({"analytics_report_public": True}, True),
        ({"metered": False, "analytics_report_public": False}, False),
    ],
)
def test_the_report_is_public_where_nothing_is_charged_unless_it_is_said(
    settings: dict[str, bool], public: bool
) -> None:
    assert Settings(token_secret_file=Path("secret"), **settings).analytics_report_is_public is public
