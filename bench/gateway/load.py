"""Sends uploads to a server on this machine and keeps sockets open, and says how it went, as JSON.

A program of its own, so that its memory and processor time are not the servers'. It says `ready` when all
sockets are open, and begins to send at a line on its stdin; an empty file's worth of uploads (0) ends at the
second line. Each upload comes on a connection of its own and from an address of its own, as `X-Forwarded-For`
tells: limits count addresses.
"""

import argparse
import asyncio
import json
import secrets
import sys
import time
from collections import Counter
from typing import Final

import uvloop

CHUNK: Final = secrets.token_bytes(256 * 1024)
DIALS_AT_ONCE: Final = 64


class Load:
    """Uploads of one size to one path."""

    def __init__(self, arguments: argparse.Namespace) -> None:
        self._port: int = arguments.port
        self._path: str = arguments.path
        self._method: str = arguments.method
        self._bytes: int = arguments.bytes
        boundary = secrets.token_hex(16)
        disposition = 'Content-Disposition: form-data; name="file"; filename="a.jpg"'
        is_form = self._method == "POST"
        front = f"--{boundary}\r\n{disposition}\r\nContent-Type: image/jpeg\r\n\r\n" if is_form else ""
        self._front = front.encode()
        self._back = f"\r\n--{boundary}--\r\n".encode() if is_form else b""
        self._media_type = f"multipart/form-data; boundary={boundary}" if is_form else "image/jpeg"

    async def upload(self, number: int) -> str:
        """Send one; return `ok`, or what was wrong."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        length = len(self._front) + self._bytes + len(self._back)
        head = (
            f"{self._method} {self._path.format(number=number)} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
            f"Content-Type: {self._media_type}\r\nContent-Length: {length}\r\nConnection: close\r\n"
            f"X-Forwarded-For: 10.{number >> 8 & 255}.{number & 255}.1\r\n\r\n"
        )
        try:
            writer.write(head.encode() + self._front)
            left = self._bytes
            while left:
                writer.write(CHUNK[: min(left, len(CHUNK))])
                left -= min(left, len(CHUNK))
                await writer.drain()
            writer.write(self._back)
            status = (await reader.readline()).split()[1].decode()
            answer = await reader.read()
        except (OSError, IndexError) as error:
            return type(error).__name__
        finally:
            writer.close()
        if self._method == "PUT":
            return "ok" if status in ("201", "204") else f"status {status}"
        proven = status == "201" and str(self._bytes).encode() in answer
        return "ok" if proven else f"status {status}"


async def socket(
    port: int, path: str, number: int, dialling: asyncio.Semaphore, opened: asyncio.Event
) -> None:
    """Open a socket, answer its pings, and read on until the other side ends it."""
    async with dialling:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(
            f"GET {path.format(number=number)} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\n"
            "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n"
            f"X-Forwarded-For: 10.{number >> 8 & 255}.{number & 255}.2\r\n\r\n".encode()
        )
        line = await reader.readline()
        if b" 101 " not in line:
            raise SystemExit(f"no socket: {line!r}")
        await reader.readuntil(b"\r\n\r\n")
    opened.set()
    while True:
        first, second = await reader.readexactly(2)
        length = second & 127
        if length == 126:
            length = int.from_bytes(await reader.readexactly(2), "big")
        payload = await reader.readexactly(length)
        if first & 15 == 9:  # ping
            writer.write(bytes([0x8A, 0x80 | length]) + bytes(4) + payload)


async def run(arguments: argparse.Namespace) -> None:
    """Open, wait, send, wait, report."""
    dialling = asyncio.Semaphore(DIALS_AT_ONCE)
    opened = [asyncio.Event() for _ in range(arguments.sockets)]
    sockets = [
        asyncio.create_task(socket(arguments.port, arguments.socket_path, number, dialling, one))
        for number, one in enumerate(opened)
    ]
    await asyncio.gather(*(one.wait() for one in opened))
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    await asyncio.to_thread(sys.stdin.readline)
    load, began = Load(arguments), time.monotonic()
    numbers = iter(range(arguments.count))

    async def sender() -> list[str]:
        return [await load.upload(number) for number in numbers]

    ended = await asyncio.gather(*(sender() for _ in range(min(arguments.at_once, arguments.count))))
    outcomes = Counter(outcome for one in ended for outcome in one)
    broken = sum(one.done() for one in sockets)
    report = {"outcomes": outcomes, "seconds": time.monotonic() - began, "sockets_broken": broken}
    sys.stdout.write(json.dumps(report) + "\n")
    sys.stdout.flush()
    await asyncio.to_thread(sys.stdin.readline)


def main() -> None:
    """Do what the arguments say."""
    parser = argparse.ArgumentParser(description="Load generator of `bench gateway`.")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--path", default="/")
    parser.add_argument("--method", choices=("POST", "PUT"), default="POST")
    parser.add_argument("--count", type=int, required=True)
    parser.add_argument("--at-once", type=int, required=True)
    parser.add_argument("--bytes", type=int, required=True)
    parser.add_argument("--sockets", type=int, default=0)
    parser.add_argument("--socket-path", default="/")
    uvloop.run(run(parser.parse_args()))


if __name__ == "__main__":
    main()
