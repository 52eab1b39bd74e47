"""Every recording of the legacy system, sent to this one: what differs stands in docs/legacy-deviations.md.

A recorded request is sent as it was, in the state that its name speaks of. Status, headers, keys, types and
values must be the recorded ones, but for the deviations of the page, and each of those must still be one.
"""

import asyncio
import json
import re
import subprocess
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from io import BytesIO
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from PIL import Image
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from metaextract_testing import exiftool_path
from metaextract_testing.comparing import Difference, differences
from metaextract_testing.fleet import Fleet
from metaextract_testing.recordings import LEGACY_DIR, Recorded, recorded

PAGE: Final = Path(__file__).parents[2] / "docs" / "legacy-deviations.md"
EXTRACT: Final = "/api/images_mvp/extract"
OK: Final = 200
TOO_LARGE: Final = 105_906_177

FREE_CHECKS_USED: Final = {
    "prod_anon_free_2": 1,
    "prod_anon_free_3": 2,
    "test_extract_session_nocredits": 2,
}
TRIALS_USED: Final = ("prod_trial_3",)
GRANTED: Final = {
    "prod_paid_1": ("session:paid1", 20),
    "derived_paid_sample_with_meta.jpg": ("session:derived", 4),
}
TRACKED: Final = {"test_analytics_report": ("totally_made_up", "images_landing_viewed")}
ASKED_BEFORE: Final = {"test_analytics_report_rl0": 3}

Grant = Callable[[str, int], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Deviation:
    """A row of the page: for which recordings, where, and why."""

    recordings: str
    path: str
    why: str

    def covers(self, name: str, difference: Difference) -> bool:
        is_of_it = any(fnmatchcase(name, one) for one in self.recordings.split())
        says_so = difference.path != "status" or self.why.startswith(f"{difference.ours}:")
        return is_of_it and says_so and fnmatchcase(difference.path, self.path)


def deviations() -> list[Deviation]:
    rows = re.findall(r"^\| `([^`]+)` \| `([^`]+)` \| (.+) \|$", PAGE.read_text(), re.MULTILINE)
    return [Deviation(*row) for row in rows]


def replayed() -> dict[str, Recorded]:
    """Return what is sent; a recorded body alone is the answer to an upload of the file it speaks of."""
    folder = LEGACY_DIR / "recordings"
    if not folder.is_dir():
        return {}
    requests = {one.name: one for one in recorded(folder)}
    for path in folder.glob("derived_*.json"):
        fields = (("file", "@img/sample_with_meta.jpg"),)
        body = json.loads(path.read_text())
        requests[path.stem] = Recorded(path.stem, "POST", EXTRACT, 200, body, fields=fields)
    return requests


REPLAYED: Final = replayed()


@pytest.fixture(scope="module")
def seen() -> dict[str, list[Difference]]:
    """The differences of each recording that was replayed."""
    return {}


def client(metered: Fleet, recording: Recorded) -> httpx.AsyncClient:
    """Come from an address of its own; from production by TLS."""
    place = list(REPLAYED).index(recording.name)
    scheme = "https" if recording.name.startswith("prod_") else "http"
    headers = {"X-Forwarded-For": f"192.0.2.{place + 1}", "X-Forwarded-Proto": scheme}
    return httpx.AsyncClient(base_url=metered.url, timeout=60, headers=headers)


async def sent(http: httpx.AsyncClient, recording: Recorded, south_west: bytes) -> httpx.Response:
    def file(name: str) -> tuple[str, bytes, str]:
        return file_of(Path(name).name, south_west)

    cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in http.cookies.jar)
    headers = {**recording.sent_headers, **({"Cookie": cookies} if cookies else {})}
    if recording.fields:
        return await http.request(
            recording.method, recording.path, files=recording.parts(file), headers=headers
        )
    return await http.request(recording.method, recording.path, content=recording.content, headers=headers)


def file_of(name: str, south_west: bytes) -> tuple[str, bytes, str]:
    """Return a file of the recordings; those that are not among them are made."""
    at_hand = LEGACY_DIR / "recordings" / "images" / name
    if at_hand.exists():
        return name, at_hand.read_bytes(), "image/jpeg"
    match name:
        case "gps_sw.jpg":
            return name, south_west, "image/jpeg"
        case "test_gif.gif":
            buffer = BytesIO()
            Image.new("P", (100, 100)).save(buffer, "GIF")
            return name, buffer.getvalue(), "image/gif"
        case "a.pdf":
            return name, b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\n", "application/pdf"
        case "big.jpg":
            return name, bytes(TOO_LARGE), "image/jpeg"
    raise AssertionError(f"no such file is known: {name}")


@pytest.fixture(scope="module")
def south_west(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The sample with the hemispheres that `gps_sw.jpg` had."""
    path = tmp_path_factory.mktemp("made") / "gps_sw.jpg"
    path.write_bytes((LEGACY_DIR / "recordings" / "images" / "sample_with_meta.jpg").read_bytes())
    tags = ("-GPSLatitude=22.9068", "-GPSLatitudeRef=S", "-GPSLongitude=43.1729", "-GPSLongitudeRef=W")
    subprocess.run([exiftool_path(), "-q", "-overwrite_original", *tags, path], check=True)
    return path.read_bytes()


async def in_state(http: httpx.AsyncClient, recording: Recorded, south_west: bytes, grant: Grant) -> None:
    """Bring about what the recording's name says had happened before."""
    alone = tuple(one for one in recording.fields if one[0] == "file")
    plain = replace(recording, fields=alone, sent_headers={})
    for _ in range(FREE_CHECKS_USED.get(recording.name, 0)):
        await sent(http, plain, south_west)
    for _ in range(ASKED_BEFORE.get(recording.name, 0)):
        await http.get(recording.path)
    for event in TRACKED.get(recording.name, ()):
        body = {"event": event, "sessionId": "s1"}
        await http.post("/api/images_mvp/analytics/track", json=body)
    if recording.name in GRANTED:
        await grant(*GRANTED[recording.name])
    if recording.name in TRIALS_USED:
        while (await sent(http, recording, south_west)).status_code == OK:
            http.cookies.clear()  # trials are those of the address, whoever uses them
        http.cookies.clear()


def as_it_was_sent(recording: Recorded) -> Recorded:
    """Add to a body alone how it is asked for."""
    more = {
        "derived_paid_sample_with_meta.jpg": ("session_id", "derived"),
        "derived_trial_limited_sample_with_meta.jpg": ("trial_email", "derived@example.com"),
    }.get(recording.name)
    return replace(recording, fields=(more, *recording.fields)) if more else recording


def test_the_recordings_are_there(legacy_dir: Path) -> None:
    assert len(REPLAYED) >= 26


@pytest.mark.parametrize("name", REPLAYED)
async def test_a_recorded_request_gets_the_recorded_answer(
    name: str, metered: Fleet, seen: dict[str, list[Difference]], south_west: bytes, grant: Grant
) -> None:
    recording = as_it_was_sent(REPLAYED[name])
    async with client(metered, recording) as http:
        await in_state(http, recording, south_west, grant)
        answer = await sent(http, recording, south_west)

    seen[name] = list(differences(answer, recording))

    listed = deviations()
    unlisted = [one for one in seen[name] if not any(row.covers(name, one) for row in listed)]
    assert unlisted == []


async def frames(socket: ClientConnection) -> list[dict[str, Any]]:
    """Read until the server closes the socket."""
    found = []
    async with asyncio.timeout(30):
        with suppress(ConnectionClosed):
            while True:
                found.append(json.loads(await socket.recv()))
    return found


async def test_the_recorded_frames_come_in_the_recorded_order(
    metered: Fleet, legacy_dir: Path, south_west: bytes
) -> None:
    """Further steps may come between those of the original, and nothing after `complete` but heartbeats."""
    recording = json.loads((legacy_dir / "ws_progress.json").read_text())
    theirs = [one["data"] for one in recording if one["ev"] == "message"]
    address = f"{metered.url.replace('http', 'ws')}/api/images_mvp/progress/wsess"
    async with connect(address) as socket, httpx.AsyncClient(base_url=metered.url, timeout=60) as http:
        await socket.send('{"type": "ping"}')
        reading = asyncio.create_task(frames(socket))
        files = {"file": ("gps_sw.jpg", south_west, "image/jpeg")}
        headers = {"X-Forwarded-For": "192.0.2.200"}
        await http.post(EXTRACT, files=files, data={"session_id": "wsess"}, headers=headers)
        ours = await reading

    keys = {one["type"]: one.keys() for one in theirs}
    assert {one["type"] for one in ours} == keys.keys()
    assert [one for one in ours if one.keys() != keys[one["type"]]] == []
    steps = [(one["progress"], one["stage"], one["message"]) for one in theirs if one["type"] == "progress"]
    taken = [(one["progress"], one["stage"], one["message"]) for one in ours if one["type"] == "progress"]
    assert [step for step in taken if step in steps] == steps
    assert [one["progress"] for one in ours if one["type"] == "progress"] == sorted(one[0] for one in taken)
    complete = next(one for one in ours if one["type"] == "complete")
    recorded_end = next(one for one in theirs if one["type"] == "complete")
    assert complete["metadata"].keys() == recorded_end["metadata"].keys()
    assert {one["type"] for one in ours[ours.index(complete) + 1 :]} <= {"heartbeat"}
    assert (socket.close_code, socket.close_reason) == (recording[-1]["code"], recording[-1]["reason"])


def test_what_is_listed_as_a_deviation_is_one(legacy_dir: Path, seen: dict[str, list[Difference]]) -> None:
    assert seen.keys() == REPLAYED.keys(), "only after all recordings"
    found = [(name, one) for name, differing in seen.items() for one in differing]

    gone = [row for row in deviations() if not any(row.covers(*one) for one in found)]

    assert gone == []
