"""Breaks files, in the ways in which files break and in those in which people break them. Deterministic."""

import random
import struct
import zlib
from collections.abc import Callable, Sequence
from typing import Final

from bench.hostile.structure import Entry, Unit, entries, units

VARIANT_BYTES_MAX: Final = 2 * 1024 * 1024
REPEATS_MAX: Final = 2_000
ROUNDS_MAX: Final = 3

INTERESTING: Final = (
    0,
    1,
    2,
    0x7F,
    0x80,
    0xFF,
    0x7FFF,
    0x8000,
    0xFFFF,
    0x7FFFFFFF,
    0x80000000,
    0xFFFFFFFE,
    0xFFFFFFFF,
)
"""Numbers at which readers of lengths and offsets err."""

TYPES: Final = (*range(14), 16, 17, 18, 129, 0xFFFF)

Mutation = Callable[[bytearray, random.Random], bytearray]


def variant(data: bytes, other: bytes, rng: random.Random) -> bytes:
    """Return `data` after one to three mutations; `other` is a file to splice with."""
    found = bytearray(data)
    for _ in range(rng.choices((1, 2, ROUNDS_MAX), (6, 3, 1))[0]):
        if rng.random() < 0.06:
            found = _splice(found, other, rng)
        else:
            found = rng.choices(_MUTATIONS, _WEIGHTS)[0](found, rng)
    return bytes(found[:VARIANT_BYTES_MAX])


def _place(data: Sequence[int], rng: random.Random) -> int:
    """A place in the file: the front, where most structure is, is as probable as all the rest."""
    if rng.random() < 0.5:
        return rng.randrange(max(1, min(len(data), 1024)))
    return rng.randrange(max(1, len(data)))


def _run(data: Sequence[int], rng: random.Random) -> tuple[int, int]:
    """A range, mostly a short one."""
    start = _place(data, rng)
    return start, min(len(data), start + int(2 ** rng.uniform(0, 12)))


def _flip_bits(data: bytearray, rng: random.Random) -> bytearray:
    for _ in range(int(2 ** rng.uniform(0, 8))):
        if data:
            data[_place(data, rng)] ^= 1 << rng.randrange(8)
    return data


def _set_bytes(data: bytearray, rng: random.Random) -> bytearray:
    start, end = _run(data, rng)
    kind = rng.randrange(3)
    content = (
        rng.randbytes(end - start) if kind == 0 else bytes([0x00 if kind == 1 else 0xFF]) * (end - start)
    )
    data[start:end] = content
    return data


def _set_number(data: bytearray, rng: random.Random) -> bytearray:
    """Write a number that readers fear over what may be a length, count or offset."""
    at, code = _place(data, rng), rng.choice(("B", "H", "I", "Q"))
    size = struct.calcsize(code)
    if at + size <= len(data):
        number = rng.choice((*INTERESTING, len(data), len(data) - 1, at)) & (256**size - 1)
        struct.pack_into(rng.choice("<>") + code, data, at, number)
    return data


def _add_small(data: bytearray, rng: random.Random) -> bytearray:
    at = _place(data, rng)
    if data:
        data[at] = (data[at] + rng.randint(-4, 4)) % 256
    return data


def _truncate(data: bytearray, rng: random.Random) -> bytearray:
    return data[: _place(data, rng)]


def _remove(data: bytearray, rng: random.Random) -> bytearray:
    start, end = _run(data, rng)
    del data[start:end]
    return data


def _insert(data: bytearray, rng: random.Random) -> bytearray:
    at, length = _place(data, rng), int(2 ** rng.uniform(0, 12))
    data[at:at] = rng.randbytes(length) if rng.random() < 0.5 else rng.randbytes(1) * length
    return data


def _duplicate(data: bytearray, rng: random.Random) -> bytearray:
    start, end = _run(data, rng)
    at = rng.choice((end, _place(data, rng)))
    data[at:at] = _repeated(data[start:end], rng)
    return data


def _repeated(part: bytearray, rng: random.Random) -> bytearray:
    times = int(2 ** rng.uniform(0, 11)) if rng.random() < 0.2 else 1
    return part * min(times, REPEATS_MAX, max(1, VARIANT_BYTES_MAX // max(1, len(part))))


def _splice(data: bytearray, other: bytes, rng: random.Random) -> bytearray:
    """Put part of one file into another one, or go on with it."""
    start, end = _run(other, rng) if rng.random() < 0.5 else (0, len(other))
    at = _place(data, rng)
    if rng.random() < 0.5:
        return data[:at] + other[start:]
    data[at:at] = other[start:end]
    return data


def _change_unit(data: bytearray, rng: random.Random) -> bytearray:
    found = units(bytes(data))
    if not found:
        return _set_number(data, rng)
    unit = rng.choice(found)
    return rng.choice(_UNIT_CHANGES)(data, unit, found, rng)


def _unit_length(data: bytearray, unit: Unit, _all: list[Unit], rng: random.Random) -> bytearray:
    size = unit.length_bytes
    at = unit.length_at
    if at + size <= len(data):
        now = int.from_bytes(data[at : at + size], "big" if unit.order == ">" else "little")
        number = rng.choice((*INTERESTING, now - 1, now + 1, now * 2, len(data))) & (256**size - 1)
        data[at : at + size] = number.to_bytes(size, "big" if unit.order == ">" else "little")
    return data


def _unit_repeat(data: bytearray, unit: Unit, everything: list[Unit], rng: random.Random) -> bytearray:
    at = rng.choice((unit.start, unit.end, rng.choice(everything).start))
    data[at:at] = _repeated(data[unit.start : unit.end], rng)
    return data


def _unit_remove(data: bytearray, unit: Unit, _all: list[Unit], _rng: random.Random) -> bytearray:
    del data[unit.start : unit.end]
    return data


def _unit_swap(data: bytearray, unit: Unit, everything: list[Unit], rng: random.Random) -> bytearray:
    first, second = sorted((unit, rng.choice(everything)), key=lambda one: one.start)
    if first.end > second.start:
        return data
    middle = data[first.end : second.start]
    swapped = data[second.start : second.end] + middle + data[first.start : first.end]
    data[first.start : second.end] = swapped
    return data


def _unit_content(data: bytearray, unit: Unit, _all: list[Unit], rng: random.Random) -> bytearray:
    """Break a part inside and keep its length right; chunks of PNG get a new check sum."""
    part = _flip_bits(data[unit.start + 8 : unit.end], rng)
    data[unit.start + 8 : unit.end] = part
    if data[:4] == b"\x89PNG" and unit.end - unit.start >= 12:
        checked = zlib.crc32(data[unit.start + 4 : unit.end - 4])
        data[unit.end - 4 : unit.end] = checked.to_bytes(4, "big")
    return data


_UNIT_CHANGES: Final = (_unit_length, _unit_repeat, _unit_remove, _unit_swap, _unit_content)


def change_entry(data: bytearray, rng: random.Random) -> bytearray:
    """Change tag, type, count or offset of an entry of a TIFF directory."""
    found = entries(bytes(data))
    if not found:
        return _change_unit(data, rng)
    for _ in range(rng.choice((1, 1, 1, 4))):
        entry = rng.choice(found)
        if entry.at + 12 <= len(data):
            _rewrite(data, entry, rng)
    return data


def _rewrite(data: bytearray, entry: Entry, rng: random.Random) -> None:
    directory = max(0, entry.at - 2 - entry.base)
    offsets = (*INTERESTING, 8, directory, len(data) - entry.base - 2, rng.randrange(max(1, len(data))))
    match rng.randrange(5):
        case 0:
            tag = rng.choice(
                (0x014A, 0x8769, 0x8825, 0xA005, 0x927C, 0x02BC, 0x83BB, 0x8649, rng.randrange(65536))
            )
            struct.pack_into(f"{entry.order}H", data, entry.at, tag)
        case 1:
            struct.pack_into(f"{entry.order}H", data, entry.at + 2, rng.choice(TYPES))
        case 2:
            count = rng.choice((*INTERESTING, 3, 1000, 65_536, len(data)))
            struct.pack_into(f"{entry.order}I", data, entry.at + 4, count)
        case 3:
            struct.pack_into(f"{entry.order}I", data, entry.at + 8, rng.choice(offsets) & 0xFFFFFFFF)
        case _:
            tag = rng.choice((0x014A, 0x8769, 0x8825))
            struct.pack_into(f"{entry.order}HHI", data, entry.at, tag, 4, rng.choice((1, 2, 8, 100)))
            struct.pack_into(f"{entry.order}I", data, entry.at + 8, rng.choice((directory, 8)))


_WEIGHTED: Final[tuple[tuple[Mutation, int], ...]] = (
    (_flip_bits, 16),
    (_set_bytes, 10),
    (_set_number, 14),
    (_add_small, 8),
    (_truncate, 7),
    (_remove, 6),
    (_insert, 6),
    (_duplicate, 6),
    (_change_unit, 16),
    (change_entry, 16),
)
_MUTATIONS: Final = tuple(one for one, _ in _WEIGHTED)
_WEIGHTS: Final = tuple(weight for _, weight in _WEIGHTED)
