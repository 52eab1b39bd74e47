"""The quote route answers as it was recorded: keys, values, cookie, and what it refuses (§1.6)."""

import json
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from metaextract.extractor.v1 import extractor_pb2 as pb
from metaextract_common.errors import Kind, ServiceError, deadline_exceeded, service_unreachable
from metaextract_gateway.adapters.http.app import build_app
from metaextract_gateway.adapters.http.legacy import quotes
from metaextract_gateway.adapters.http.legacy.file_types import FileTypes
from metaextract_gateway.adapters.http.legacy.sessions import Sessions
from metaextract_gateway.domain.model import Operations
from metaextract_gateway.domain.money import PricedFile, Quote, StatedFile

AWAY = "Service temporarily unavailable. Please try again shortly."
BILLING_AWAY = "Billing system temporarily unavailable. Please try again shortly."
QUOTE_ID = "8e5aa1f8-62c7-4ba3-ab72-a51ff4c2f5e7"
DIMENSIONS_MISSING = "Dimensions unavailable; skipping megapixel bucket charge."
SCHEDULE = {
    "base": 1,
    "embedding": 3,
    "ocr": 5,
    "forensics": 4,
    "mpBuckets": [
        {"label": "standard", "maxMp": 12, "credits": 0},
        {"label": "large", "maxMp": 24, "credits": 1},
        {"label": "xl", "maxMp": 48, "credits": 3},
        {"label": "xxl", "maxMp": 96, "credits": 7},
    ],
}


def file(id_: str, name: str, mime: str, size_bytes: int, **dimensions: int) -> dict[str, Any]:
    return {"id": id_, "name": name, "mime": mime, "sizeBytes": size_bytes, **dimensions}


RECORDED_REQUEST = {
    "files": [
        file("f1", "a.jpg", "image/jpeg", 2756210, width=3072, height=4096),
        file("f2", "b.jpg", "image/jpeg", 209715200, width=100, height=100),
        file("f3", "c.pdf", "application/pdf", 10),
        file("f4", "d.png", "image/png", 10),
        file("f5", "e.jpg", "image/jpeg", 10, width=20000, height=12000),
    ],
    "ops": {"embedding": True, "ocr": True, "forensics": False},
}
RECORDED_FILES: dict[str, dict[str, Any]] = {
    "f1": {
        "id": "f1",
        "accepted": True,
        "detected_type": "image/jpeg",
        "creditsTotal": 10,
        "breakdown": {"base": 1, "embedding": 3, "ocr": 5, "forensics": 0, "mp": 1},
        "mp": 12.6,
        "mpBucket": "large",
        "warnings": [],
    },
    "f2": {
        "id": "f2",
        "accepted": False,
        "reason": "file_too_large",
        "detected_type": "image/jpeg",
        "mp": 0,
        "mpBucket": "standard",
        "warnings": ["file_too_large"],
    },
    "f3": {
        "id": "f3",
        "accepted": False,
        "reason": "unsupported_type",
        "detected_type": "application/pdf",
        "mp": None,
        "mpBucket": "unknown",
        "warnings": [DIMENSIONS_MISSING, "unsupported_type"],
    },
    "f4": {
        "id": "f4",
        "accepted": True,
        "detected_type": "image/png",
        "creditsTotal": 9,
        "breakdown": {"base": 1, "embedding": 3, "ocr": 5, "forensics": 0, "mp": 0},
        "mp": None,
        "mpBucket": "unknown",
        "warnings": [DIMENSIONS_MISSING],
    },
    "f5": {
        "id": "f5",
        "accepted": True,
        "detected_type": "image/jpeg",
        "creditsTotal": 16,
        "breakdown": {"base": 1, "embedding": 3, "ocr": 5, "forensics": 0, "mp": 7},
        "mp": 240,
        "mpBucket": "xxl",
        "warnings": ["Very large image; charging max size bucket."],
    },
}


class PriceList:
    """Prices from a list, and a note of who asked for what."""

    def __init__(self, sizes: dict[str, tuple[str, int]] | None = None) -> None:
        self.sizes = sizes or {}
        self.asked: list[tuple[str, list[StatedFile], Operations]] = []
        self.error: ServiceError | None = None

    async def quote(self, account: str, files: Sequence[StatedFile], operations: Operations) -> Quote:
        if self.error is not None:
            raise self.error
        self.asked.append((account, list(files), operations))
        ocr = 5 if operations.ocr else 0
        priced = []
        for file in files:
            bucket, extra = self.sizes.get(file.id, ("unknown", 0))
            priced.append(PricedFile(file.id, 4 + ocr + extra, 1, 3, ocr, 0, extra, bucket))
        expire_time = datetime(2026, 11, 22, 22, 56, 18, 344000, tzinfo=UTC)
        return Quote(QUOTE_ID, tuple(priced), sum(file.credits for file in priced), expire_time)


async def list_formats() -> pb.ListFormatsResponse:
    jpeg = pb.Format(name="JPEG", extensions=["jpg", "jpeg"], media_types=["image/jpeg"])
    png = pb.Format(name="PNG", extensions=["png"], media_types=["image/png"])
    return pb.ListFormatsResponse(formats=[jpeg, png])


@pytest.fixture
def prices() -> PriceList:
    return PriceList({"f1": ("large", 1), "f5": ("xxl", 7)})


def serving(prices: PriceList, file_types: FileTypes) -> httpx.AsyncClient:
    app = build_app(quotes.routes(prices, file_types, Sessions(), upload_bytes_max=104_857_600))
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://here")


@pytest.fixture
async def http(prices: PriceList) -> AsyncIterator[httpx.AsyncClient]:
    async with serving(prices, FileTypes(list_formats)) as client:
        yield client


async def quoted(http: httpx.AsyncClient, body: object, **options: Any) -> httpx.Response:
    return await http.post("/api/images_mvp/quote", json=body, **options)


async def test_the_recorded_request_gets_the_recorded_answer(
    http: httpx.AsyncClient, prices: PriceList
) -> None:
    answer = await quoted(http, RECORDED_REQUEST)

    assert answer.status_code == 200
    body = answer.json()
    assert len(body["limits"].pop("allowedMimes")) == 41
    assert body == {
        "schemaVersion": "images_mvp_quote_v1",
        "quoteId": QUOTE_ID,
        "creditsTotal": 35,
        "perFile": RECORDED_FILES,
        "schedule": SCHEDULE,
        "limits": {"maxBytes": 104857600, "maxFiles": 10},
        "creditSchedule": {**SCHEDULE, "standardCreditsPerImage": 4},
        "quote": {
            "perFile": list(RECORDED_FILES.values()),
            "totalCredits": 35,
            "standardEquivalents": 9,
        },
        "expiresAt": "2026-11-22T22:56:18.344Z",
        "warnings": [],
    }
    assert list(body) == [
        "schemaVersion", "quoteId", "creditsTotal", "perFile", "schedule", "limits", "creditSchedule",
        "quote", "expiresAt", "warnings",
    ]  # fmt: skip
    assert '"mp":240,' in answer.text  # a whole number, as JavaScript writes it
    [(_, files, operations)] = prices.asked
    assert [file.id for file in files] == ["f1", "f4", "f5"]
    assert operations == Operations(embedding=True, ocr=True, forensics=False)


async def test_media_types_are_listed_in_the_recorded_order(http: httpx.AsyncClient) -> None:
    listed = (await quoted(http, {})).json()["limits"]["allowedMimes"]

    assert listed[:4] == ["image/jpeg", "image/png", "image/webp", "image/heic"]
    assert listed[9:14] == ["image/svg+xml", "image/avif", "image/jxl", "image/jp2", "image/jpx"]
    assert listed[-2:] == ["image/x-hasselblad-3fr", "image/x-phaseone-iiq"]


async def test_an_empty_request_is_an_empty_quote_and_a_new_session(
    http: httpx.AsyncClient, prices: PriceList
) -> None:
    answer = await quoted(http, {})

    body = answer.json()
    assert (body["creditsTotal"], body["perFile"]) == (0, {})
    assert body["quote"] == {"perFile": [], "totalCredits": 0, "standardEquivalents": 0}
    cookie = answer.headers["set-cookie"]
    session = answer.cookies["metaextract_session_id"]
    assert prices.asked == [(f"session:{session}", [], Operations(embedding=True))]
    attributes = {part.strip().lower().partition("=")[0] for part in cookie.split(";")[1:]}
    assert attributes == {"max-age", "expires", "path", "httponly", "samesite"}
    assert "Max-Age=31536000; Path=/" in cookie
    assert "samesite=lax" in cookie.lower()


@pytest.mark.parametrize(
    ("options", "owner"),
    [
        ({"params": {"sessionId": "q"}, "headers": {"X-Session-Id": "h"}}, "session:q"),
        ({"params": {"session_id": "q"}}, "session:q"),
        ({"headers": {"X-Session-Id": "h"}, "cookies": {"metaextract_session_id": "c"}}, "session:h"),
        ({"cookies": {"metaextract_session_id": "c"}}, "session:c"),
        ({"headers": {"X-Session-Id": "user:7"}}, "session:user:7"),
    ],
)
async def test_a_session_that_is_named_owns_the_quote_and_gets_no_cookie(
    http: httpx.AsyncClient, prices: PriceList, options: dict[str, Any], owner: str
) -> None:
    http.cookies.update(options.pop("cookies", {}))

    answer = await quoted(http, {}, **options)

    assert "set-cookie" not in answer.headers
    assert prices.asked[0][0] == owner


@pytest.mark.parametrize("name", ["sessionId", "session_id"])
async def test_the_session_in_the_body_goes_before_that_in_the_header(
    http: httpx.AsyncClient, prices: PriceList, name: str
) -> None:
    await quoted(http, {name: "b"}, headers={"X-Session-Id": "h"})

    assert prices.asked[0][0] == "session:b"


@pytest.mark.parametrize(
    ("name", "mime", "accepted"),
    [
        ("a.jpg", "application/pdf", True),  # one of the two is known
        ("a.pdf", "image/jpeg", True),
        ("a.pdf", None, True),  # only one of the two is said
        ("a", "application/pdf", True),
        ("", None, True),
        ("a.raf", "image/x-fuji-raf", True),  # a type of the original that this extractor does not list
        ("a.pdf", "application/pdf", False),
    ],
)
async def test_only_a_name_and_a_type_that_are_both_foreign_are_refused(
    http: httpx.AsyncClient, name: str, mime: str | None, *, accepted: bool
) -> None:
    stated = {"id": "a", "name": name, "mime": mime, "sizeBytes": 1}

    answer = await quoted(http, {"files": [stated]})

    entry = answer.json()["perFile"]["a"]
    assert entry["accepted"] is accepted
    assert entry["detected_type"] == mime


async def test_what_cannot_be_named_is_skipped_and_what_is_too_much_is_dropped(
    http: httpx.AsyncClient, prices: PriceList
) -> None:
    odd = [{"id": 7}, {"id": ""}, {}, "file", None]
    files = [*odd, *({"id": f"f{at}", "sizeBytes": "large", "width": -1, "height": 1e999} for at in range(9))]
    body = json.dumps({"files": files, "ops": []}).replace("Infinity", "1e999")

    answer = await http.post(
        "/api/images_mvp/quote", content=body, headers={"Content-Type": "application/json"}
    )

    assert list(answer.json()["perFile"]) == ["f0", "f1", "f2", "f3", "f4"]
    assert prices.asked[0][1][0] == StatedFile("f0", 0, None, 2**31 - 1)


@pytest.mark.parametrize("id_", ["x" * 101, "a\u0000b", "f1\n0"])
async def test_an_id_that_billing_cannot_write_is_quoted_like_any_other(
    http: httpx.AsyncClient, prices: PriceList, id_: str
) -> None:
    answer = (await quoted(http, {"files": [{"id": id_}, {"id": "f1"}]})).json()

    assert [one["id"] for one in answer["quote"]["perFile"]] == [id_, "f1"]
    assert answer["creditsTotal"] == 9
    asked = [file.id for file in prices.asked[0][1]]
    assert asked == [quotes.known_id(id_), "f1"]
    assert all(one.isprintable() and len(one) <= 100 for one in asked)


async def test_of_files_with_one_id_each_is_priced_and_the_last_one_can_be_claimed(
    http: httpx.AsyncClient, prices: PriceList
) -> None:
    files = [{"id": "f1", "mime": "image/png"}, {"id": "f2"}, {"id": "f1", "mime": "image/jpeg"}]

    answer = (await quoted(http, {"files": files})).json()

    assert [(one["id"], one["detected_type"]) for one in answer["quote"]["perFile"]] == [
        ("f1", "image/png"),
        ("f2", None),
        ("f1", "image/jpeg"),
    ]
    assert {id_: one["creditsTotal"] for id_, one in answer["perFile"].items()} == {"f1": 5, "f2": 4}
    assert answer["perFile"]["f1"]["detected_type"] == "image/jpeg"
    assert answer["creditsTotal"] == answer["quote"]["totalCredits"] == 13
    asked = [file.id for file in prices.asked[0][1]]
    assert len(set(asked)) == 3
    assert asked[1:] == ["f2", "f1"]


@pytest.mark.parametrize(
    ("ops", "operations"),
    [
        ({}, Operations(embedding=True)),
        ({"embedding": False}, Operations()),
        ({"ocr": "1", "forensics": "off"}, Operations(embedding=True, ocr=True)),
    ],
)
async def test_the_embedding_is_wanted_unless_it_is_declined(
    http: httpx.AsyncClient, prices: PriceList, ops: dict[str, Any], operations: Operations
) -> None:
    await quoted(http, {"ops": ops})

    assert prices.asked[0][2] == operations


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"{", 400),
        (b"7", 400),
        (b'{"files": NaN}', 400),
        (b'{"sessionId": "\\ud800"}', 400),
        (b"[" * 100_000, 400),
        (b'"' + b" " * 102_400 + b'"', 413),
        (b"[]", 200),
        (b"", 200),
    ],
)
async def test_a_body_that_cannot_be_read_is_refused(
    http: httpx.AsyncClient, content: bytes, status: int
) -> None:
    answer = await http.post(
        "/api/images_mvp/quote", content=content, headers={"Content-Type": "application/json"}
    )

    assert answer.status_code == status
    assert status == 200 or list(answer.json()) == ["message"]


async def test_another_kind_of_body_says_nothing(http: httpx.AsyncClient) -> None:
    answer = await http.post("/api/images_mvp/quote", content=b"files=1")

    assert answer.json()["perFile"] == {}


async def test_a_quote_that_cannot_be_made_is_a_500(http: httpx.AsyncClient, prices: PriceList) -> None:
    prices.error = ServiceError(Kind.INTERNAL, "x", "INTERNAL", "")

    answer = await quoted(http, {})

    assert (answer.status_code, answer.json()) == (500, {"error": "Failed to create quote"})


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (service_unreachable("/metaextract.billing.v1.BillingService/CreateQuote"), BILLING_AWAY),
        (ServiceError(Kind.UNAVAILABLE, "x", "LEDGER_UNAVAILABLE", ""), BILLING_AWAY),
        (service_unreachable("/metaextract.extractor.v1.ExtractorService/ListFormats"), AWAY),
        (deadline_exceeded("/metaextract.extractor.v1.ExtractorService/ListFormats"), AWAY),
    ],
)
async def test_a_quote_that_can_be_made_soon_is_a_503(
    http: httpx.AsyncClient, prices: PriceList, error: ServiceError, message: str
) -> None:
    prices.error = error

    answer = await quoted(http, {})

    body = answer.json()["error"]
    assert (answer.status_code, body["status"], body["code"]) == (503, 503, "SERVICE_UNAVAILABLE")
    assert body["message"] == message
    assert ("retry-after" in answer.headers) is (error.retry_after_seconds is not None)


async def test_before_the_extractor_said_what_it_reads_a_quote_is_a_503(prices: PriceList) -> None:
    async def away() -> pb.ListFormatsResponse:
        raise service_unreachable("/metaextract.extractor.v1.ExtractorService/ListFormats")

    async with serving(prices, FileTypes(away)) as http:
        answer = await quoted(http, RECORDED_REQUEST)

    assert (answer.status_code, answer.json()["error"]["message"]) == (503, AWAY)
