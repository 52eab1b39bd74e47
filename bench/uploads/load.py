"""Sends many uploads at once to a server on this machine, and says how they went, as JSON.

A program of its own, so that its memory and processor time are not the servers'. One thread and one
connection for each upload; all send the same image, made as it is sent. Ends by itself after
`--seconds-max`.
"""

import argparse
import hashlib
import http.client
import json
import secrets
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from metaextract_testing.factory.large import large_image
from metaextract_testing.factory.made import LargeImage

STACK_BYTES: Final = 512 * 1024


@dataclass(frozen=True, slots=True)
class Target:
    """Where to send, and the text that only an answer to a whole upload holds."""

    port: int
    path: str
    proof: bytes


class Uploader:
    """Sends one image again and again. `until` is a time of `time.monotonic`."""

    def __init__(self, image: LargeImage, target: Target, until: float) -> None:
        self._image = image
        self._target = target
        self._until = until
        boundary = secrets.token_hex(16)
        disposition = f'Content-Disposition: form-data; name="file"; filename="{image.name}"'
        self._front = f"--{boundary}\r\n{disposition}\r\nContent-Type: {image.media_type}\r\n\r\n".encode()
        self._back = f"\r\n--{boundary}--\r\n".encode()
        self._headers = {
            "Content-Type": f"multipart/form-data; boundary={boundary}",
            "Content-Length": str(len(self._front) + image.bytes_total + len(self._back)),
        }

    def upload(self) -> tuple[str, float]:
        """Send it once; return how it went (`ok` or a reason) and the seconds it took."""
        began = time.monotonic()
        try:
            outcome = self._sent()
        except (OSError, http.client.HTTPException) as error:
            outcome = type(error).__name__
        return outcome, time.monotonic() - began

    def _sent(self) -> str:
        seconds = max(1.0, self._until - time.monotonic())
        connection = http.client.HTTPConnection("127.0.0.1", self._target.port, timeout=seconds)
        try:
            with suppress(BrokenPipeError, ConnectionResetError):  # refused early: the answer says why
                connection.request("POST", self._target.path, self._body(), self._headers)
            answer = connection.getresponse()
            content = answer.read()
        finally:
            connection.close()
        if answer.status != http.client.CREATED:
            return f"status {answer.status}"
        return "ok" if self._target.proof in content else "wrong answer"

    def _body(self) -> Iterator[bytes]:
        yield self._front
        for chunk in self._image.chunks():
            if time.monotonic() > self._until:
                raise TimeoutError
            yield chunk
        yield self._back


def main() -> None:
    """Send, wait, report."""
    parser = argparse.ArgumentParser(description="Load generator of `bench uploads`.")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--path", required=True)
    parser.add_argument("--proof", choices=("sha256", "size"), required=True)
    parser.add_argument("--count", type=int, required=True)
    parser.add_argument("--bytes", type=int, required=True)
    parser.add_argument("--seconds-max", type=float, required=True)
    arguments = parser.parse_args()
    image = large_image("jpeg", arguments.bytes)
    proof = _sha256(image) if arguments.proof == "sha256" else str(arguments.bytes)
    target = Target(arguments.port, arguments.path, proof.encode())
    sys.stdin.readline()  # everything is prepared; go when the measurement does
    began = time.monotonic()
    uploader = Uploader(image, target, began + arguments.seconds_max)
    threading.stack_size(STACK_BYTES)
    with ThreadPoolExecutor(arguments.count) as threads:
        ended = list(threads.map(lambda _: uploader.upload(), range(arguments.count)))
    report = {
        "outcomes": Counter(outcome for outcome, _ in ended),
        "seconds": time.monotonic() - began,
        "upload_seconds": sorted(round(seconds, 3) for _, seconds in ended),
    }
    sys.stdout.write(json.dumps(report) + "\n")


def _sha256(image: LargeImage) -> str:
    digest = hashlib.sha256()
    for chunk in image.chunks():
        digest.update(chunk)
    return digest.hexdigest()


if __name__ == "__main__":
    main()
