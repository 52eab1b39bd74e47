"""ICC profiles: header, tag table, and the tags whose type is a plain value, each with its place.

Source: ICC.1:2022 (profile version 4.4) sections 7.2 (header), 7.3 (tag table), 9 (tags), 10 (types);
ICC.1:2001 for `desc`. Curves and lookup tables are described, not decoded.
"""

import re
import struct
from dataclasses import dataclass, field
from typing import Final

from metaextract_extractor.domain.result import Standard, Why
from metaextract_extractor.reading.view import View
from metaextract_extractor.reading.walk import Walk
from metaextract_extractor.reading.walkers import icc_names
from metaextract_extractor.reading.walkers.binary import binary_text, number_text, printed_as
from metaextract_extractor.reading.walkers.icc_types import (
    HEADER,
    RECORDS,
    TEXT,
    Row,
    date_text,
    numbers,
    plain_value,
)
from metaextract_extractor.reading.walkers.scalars import latin, scalar, shown

_HEADER_BYTES: Final = 128
_ENTRY_BYTES: Final = 12
_TAGS_MAX: Final = 255
_CAMERA: Final = frozenset({"devs", "dmdd", "dmnd"})
_DESCRIBED_MAX: Final = 128
"""Longer characterisation targets are described."""
_LOCALES_MAX: Final = 1000
_INTENTS: Final = {"prmg": "Perceptual Reference Medium Gamut"}
_PRINTS: Final[dict[str, dict[str, str]]] = {
    "tech": icc_names.TECHNOLOGIES,
    "rig0": _INTENTS,
    "rig2": _INTENTS,
}


@dataclass(frozen=True, slots=True)
class _Tag:
    signature: str
    offset: int
    size: int


@dataclass(slots=True)
class _Found:
    """A field before it is written: several tags may share their bytes, and then none has a place."""

    path: str
    group: str
    name: str
    raw: str
    printed: str
    tag_id: str
    category: str
    span: tuple[int, int] | None = None


@dataclass(slots=True)
class _Profile:
    view: View
    walk: Walk
    path: str
    number: str
    """Empty for the first profile of a file, then 2, 3 …"""
    found: list[_Found] = field(default_factory=list)

    def add(
        self,
        group: str,
        name: str,
        raw: str,
        printed: str,
        tag_id: str,
        *,
        span: tuple[int, int] | None = None,
        inner: str = "",
        category: str = "Image",
    ) -> None:
        path = f"{self.path}-{inner}" if inner else self.path
        self.found.append(_Found(path, f"{group}{self.number}", name, raw, printed, tag_id, category, span))


def walk_icc(view: View, walk: Walk, path: str) -> None:
    """Read one profile."""
    with walk.within("icc", path, view):
        tags = _tags(view, walk, path)
        if tags is None:
            return
        known = walk.views.setdefault("icc", [])
        known.append(view)
        profile = _Profile(view, walk, path, str(len(known)) if len(known) > 1 else "")
        _add_record(profile, HEADER, 0, _HEADER_BYTES, ("Header", "ICC-header"))
        for tag in tags:
            _add_tag(profile, tag)
        _write(profile)
        walk.understood(view.part(0, min(view.size_bytes, _HEADER_BYTES + 4 + _ENTRY_BYTES * len(tags))))


def _tags(view: View, walk: Walk, path: str) -> list[_Tag] | None:
    """Return the tag table; None if this is no profile."""
    if not view.has(0, _HEADER_BYTES + 4):
        walk.not_read(path, view, Why.DAMAGED)
        return None
    length = int.from_bytes(view.read(0, 4), "big")
    count = int.from_bytes(view.read(_HEADER_BYTES, 4), "big")
    room = view.size_bytes - _HEADER_BYTES - 4
    if not _HEADER_BYTES <= length <= view.size_bytes or not 0 < count <= min(
        _TAGS_MAX, room // _ENTRY_BYTES
    ):
        walk.not_read(path, view, Why.DAMAGED)
        return None
    table = view.read(_HEADER_BYTES + 4, count * _ENTRY_BYTES)
    tags = []
    for signature, offset, size in struct.iter_unpack(">4sII", table):
        inside = view.has(offset, size)
        walk.reference(resolved=inside)
        if not inside:
            walk.notice("ICC_TAG_OUTSIDE", "A tag of the colour profile lies outside of it.")
            break
        tags.append(_Tag(signature.decode("latin-1"), offset, size))
    return tags


def _add_tag(profile: _Profile, tag: _Tag) -> None:
    content = profile.view.part(tag.offset, tag.size)
    kind = content.read(0, 4).decode("latin-1") if tag.size > 4 else ""  # noqa: PLR2004 - a signature
    record = RECORDS.get(tag.signature)
    if record is not None and tag.signature in (kind, "cicp"):
        inner, group, rows = record
        _add_record(profile, rows, tag.offset, tag.size, (inner, group))
    elif record is not None or tag.signature not in icc_names.TAGS:
        profile.walk.not_read(profile.path, content, Why.UNKNOWN)
        return
    elif kind == "mluc":
        _add_localized(profile, tag, content)
    else:
        _add_value(profile, tag, content, kind)
    profile.walk.understood(content)


def _add_record(
    profile: _Profile, rows: tuple[Row, ...], start: int, size: int, names: tuple[str, str]
) -> None:
    inner, group = names
    for offset, layout, name, prints in rows:
        length = 4 if layout == TEXT else struct.calcsize(f">{layout.replace('f', 'i').replace('u', 'I')}")
        if offset + length > size:
            continue
        data = profile.view.read(start + offset, length)
        if layout == TEXT:
            data = data.split(b"\0")[0]
            value: object = latin(data)
        else:
            value = numbers(layout, data)
        category = "Image"
        if name == "ProfileDateTime":
            value, category = date_text(str(value)), "Time"
        raw = value if isinstance(value, str) else number_text(value)  # type: ignore[arg-type]
        profile.add(
            group,
            name,
            raw,
            printed_as(prints, value),
            str(offset),
            span=(start + offset, start + offset + len(data)),
            inner=inner,
            category=category,
        )


def _add_value(profile: _Profile, tag: _Tag, content: View, kind: str) -> None:
    name = icc_names.TAGS[tag.signature]
    told = None
    if content.size_bytes <= profile.walk.budgets.value_bytes_max and tag.size >= 8:  # noqa: PLR2004 - a type
        told = plain_value(content.read(0, content.size_bytes), kind)
    if told is None or (tag.signature == "targ" and len(told[0].split("\0")[0]) > _DESCRIBED_MAX):
        size = tag.size if told is None else len(told[0].split("\0")[0])
        described = binary_text(size)
        profile.add("ICC_Profile", name, described, described, tag.signature, category=_category(tag))
        return
    raw, first, last = told
    if tag.signature in icc_names.ALWAYS_BINARY:
        raw, first, last = binary_text(last - first), 0, 0
    if kind == "text" and tag.signature in ("cprt", "targ"):
        raw = raw.split("\0")[0]
        last = first + len(content.read(first, last - first).split(b"\0")[0])
    raw = raw.replace("\0", "")
    prints = _PRINTS.get(tag.signature)
    printed = prints.get(raw, f"Unknown ({raw})") if prints else raw
    span = (tag.offset + first, tag.offset + last)
    profile.add("ICC_Profile", name, raw, printed, tag.signature, span=span, category=_category(tag))


def _category(tag: _Tag) -> str:
    return "Camera" if tag.signature in _CAMERA else "Time" if tag.signature == "calt" else "Image"


def _add_localized(profile: _Profile, tag: _Tag, content: View) -> None:
    """Texts in several languages: US English is the plain name, others carry their code."""
    if tag.size < 28:  # noqa: PLR2004 - one record
        return
    count, length = struct.unpack(">II", content.read(8, 8))
    if length < 12:  # noqa: PLR2004
        return
    for index in range(min(count, _LOCALES_MAX, (tag.size - 16) // length)):
        locale, size, offset = struct.unpack(">4sII", content.read(16 + index * length, 12))
        if not content.has(offset, size) or size > profile.walk.budgets.value_bytes_max:
            break
        data = content.read(offset, size)
        raw = data[: size // 2 * 2].decode("utf-16-be", "replace").replace("\0", "")
        name, tag_id, code = icc_names.TAGS[tag.signature], tag.signature, locale.decode("latin-1")
        if re.fullmatch("[A-Za-z]{4}", code) and code.lower() != "enus":
            code = f"{code[:2].lower()}-{code[2:].upper()}"
            name, tag_id = f"{name}-{code}", f"{tag_id}-{code}"
        span = (tag.offset + offset, tag.offset + offset + size)
        profile.add("ICC_Profile", name, raw, raw, tag_id, span=span, category=_category(tag))


def _write(profile: _Profile) -> None:
    shared = _shared([one.span for one in profile.found])
    for one, is_shared in zip(profile.found, shared, strict=True):
        at = None
        if one.span is not None and not is_shared and one.span[1] > one.span[0]:
            at = profile.view.part(one.span[0], one.span[1] - one.span[0])
        profile.walk.value(
            one.path,
            Standard.ICC,
            one.group,
            one.name,
            scalar(one.raw),
            shown(one.printed),
            tag_id=one.tag_id,
            category=one.category,
            at=at,
        )


def _shared(spans: list[tuple[int, int] | None]) -> list[bool]:
    """Say of each range whether another one overlaps it."""
    order = sorted((span, index) for index, span in enumerate(spans) if span is not None)
    shared = [False] * len(spans)
    furthest, last = -1, -1
    for span, index in order:
        if span[0] < furthest and span[1] > span[0]:
            shared[index] = shared[last] = True
        if span[1] > furthest:
            furthest, last = span[1], index
    return shared
