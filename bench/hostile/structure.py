"""The parts that a file is made of, found as naively as its format allows: where a fuzzer can hurt most.

Nothing here is shared with the product's own readers: what they overlook would be overlooked here too.
"""

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

UNITS_MAX: Final = 200
"""Parts of one file that are told apart; the rest is one more."""

ENTRIES_MAX: Final = 500
TIFF_HEADERS: Final = (b"II*\x00", b"MM\x00*", b"IIU\x00", b"IIRO", b"IIRS")
CONTAINER_BOXES: Final = frozenset(
    (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"iprp", b"ipco", b"jp2h", b"jumb")
)
FULL_CONTAINER_BOXES: Final = frozenset((b"meta",))


@dataclass(frozen=True, slots=True)
class Unit:
    """A chunk, segment or box. `length_at`, `length_bytes`: its length field, if it has one of its own."""

    start: int
    end: int
    order: str
    length_at: int
    length_bytes: int


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of a TIFF directory; `base` is what its offsets count from."""

    at: int
    order: str
    base: int


def units(data: bytes) -> list[Unit]:
    """Return the parts of a file of chunks, segments or boxes; empty for anything else."""
    for signature, at, found in _KINDS:
        if data[at : at + len(signature)] == signature:
            return [unit for unit, _ in zip(found(data), range(UNITS_MAX), strict=False)]
    return []


def _png(data: bytes) -> Iterator[Unit]:
    at = 8
    while at + 12 <= len(data):
        length = int.from_bytes(data[at : at + 4], "big")
        end = min(at + 12 + length, len(data))
        yield Unit(at, end, ">", at, 4)
        at = end


def _jpeg(data: bytes) -> Iterator[Unit]:
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF:
        end = min(at + 2 + int.from_bytes(data[at + 2 : at + 4], "big"), len(data))
        yield Unit(at, max(end, at + 4), ">", at + 2, 2)
        if data[at + 1] == 0xDA:
            return
        at = max(end, at + 4)


def _riff(data: bytes) -> Iterator[Unit]:
    yield Unit(0, len(data), "<", 4, 4)
    at = 12
    while at + 8 <= len(data):
        length = int.from_bytes(data[at + 4 : at + 8], "little")
        end = min(at + 8 + length + length % 2, len(data))
        yield Unit(at, end, "<", at + 4, 4)
        at = end


def _boxes(data: bytes, start: int = 0, stop: int | None = None) -> Iterator[Unit]:
    at, stop = start, len(data) if stop is None else stop
    while at + 8 <= stop:
        length, kind = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
        end = min(at + max(length, 8), stop) if length else stop
        yield Unit(at, end, ">", at, 4)
        if kind in CONTAINER_BOXES:
            yield from _boxes(data, at + 8, end)
        elif kind in FULL_CONTAINER_BOXES:
            yield from _boxes(data, at + 12, end)
        at = end


def _photoshop(data: bytes) -> Iterator[Unit]:
    at = data.find(b"8BIM")
    while 0 <= at < len(data) - 12:
        following = data.find(b"8BIM", at + 4)
        end = following if following > 0 else len(data)
        name_bytes = (data[at + 6] | 1) + 1
        yield Unit(at, end, ">", at + 6 + name_bytes, 4)
        at = following


_KINDS: Final[tuple[tuple[bytes, int, Callable[[bytes], Iterator[Unit]]], ...]] = (
    (b"\x89PNG", 0, _png),
    (b"\xff\xd8", 0, _jpeg),
    (b"RIFF", 0, _riff),
    (b"ftyp", 4, _boxes),
    (b"JXL ", 4, _boxes),
    (b"jP  ", 4, _boxes),
    (b"8BPS", 0, _photoshop),
)


def entries(data: bytes) -> list[Entry]:
    """Return the entries of all classic TIFF directories that a file holds, wherever it embeds them."""
    found: list[Entry] = []
    for header in TIFF_HEADERS:
        base = data.find(header)
        while base >= 0 and len(found) < ENTRIES_MAX:
            found += _directories(data, base, "<" if header[:1] == b"I" else ">")
            base = data.find(header, base + 4)
    return found[:ENTRIES_MAX]


def _directories(data: bytes, base: int, order: str) -> Iterator[Entry]:
    waiting, seen = [_number(data, base + 4, order, "I")], set[int]()
    while waiting and len(seen) < 20:
        offset = waiting.pop()
        at = base + offset
        if offset in seen or offset < 8 or at + 2 > len(data):
            continue
        seen.add(offset)
        count = min(_number(data, at, order, "H"), (len(data) - at - 2) // 12)
        for index in range(count):
            entry = at + 2 + 12 * index
            yield Entry(entry, order, base)
            if _number(data, entry, order, "H") in (0x8769, 0x8825, 0xA005, 0x014A):
                waiting.append(_number(data, entry + 8, order, "I"))
        waiting.append(_number(data, at + 2 + 12 * count, order, "I"))


def _number(data: bytes, at: int, order: str, code: str) -> int:
    size = struct.calcsize(code)
    if at + size > len(data):
        return 0
    return int(struct.unpack_from(order + code, data, at)[0])
