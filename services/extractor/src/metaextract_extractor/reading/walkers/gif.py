"""GIF: screen, extensions, frames counted; pixels are skipped block by block.

Source: GIF89a specification (CompuServe, 1990) sections 17 to 27; XMP Specification Part 3 section 1.1.2
(the packet and its trailer of descending bytes); ICC.1:2022 annex B.5; C2PA 2.1 section A.3.6.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from metaextract_extractor.domain.result import Standard, Why
from metaextract_extractor.reading.view import MissingBytesError, View
from metaextract_extractor.reading.walk import Walk
from metaextract_extractor.reading.walkers.binary import Entry, Section, emit, number_text, walk_record
from metaextract_extractor.reading.walkers.nested import walk_nested
from metaextract_extractor.reading.walkers.scalars import utf8

_HEADER_BYTES: Final = 6
_SCREEN_BYTES: Final = 7
_EXTENSION, _IMAGE, _TRAILER = 0x21, 0x2C, 0x3B
_GRAPHIC, _COMMENT, _TEXT, _APPLICATION = 0xF9, 0xFE, 0x01, 0xFF
_APPLICATION_BYTES: Final = 11
_TEXT_BYTES: Final = 12
_WINDOW_BYTES_MIN: Final = 256
_WINDOW_BYTES_MAX: Final = 64 * 1024
"""How much is read at once while sub-blocks are skipped: more and more."""
_XMP_END: Final = re.compile(rb"<\?xpacket end=['\"][wr]['\"]\?>")
_NESTED: Final = {
    b"XMP Data": ("xmp", "XMP"),
    b"ICCRGBG1": ("icc", "ICC_Profile"),
    b"C2PA_GIF": ("jumbf", "JUMBF"),
}
"""The first part of an application's name: what its extension holds."""

_VERSIONS: Final = (b"GIF87a", b"GIF89a")
_SCREEN: Final = (
    Entry(0, "H", "ImageWidth"),
    Entry(2, "H", "ImageHeight"),
)
_BACKGROUND: Final = (
    Entry(5, "B", "BackgroundColor"),
    Entry(
        6,
        "B",
        "PixelAspectRatio",
        convert=lambda value: (value + 15) / 64 if value else None,
    ),
)
_ITERATIONS: Final = (Entry(1, "H", "AnimationIterations", prints=lambda value: str(value or "Infinite")),)


@dataclass(slots=True)
class _Image:
    view: View
    walk: Walk
    path: str
    frames_count: int = 0
    delay_hundredths: int = 0
    extensions_count: int = 0

    def section(self, inner: str = "", group: str = "GIF") -> Section:
        path = f"{self.path}-{inner}" if inner else self.path
        standard = Standard.FILE if group == "File" else Standard.CONTAINER
        return Section(path, group, standard, "Image")


def walk_gif(view: View, walk: Walk, path: str = "GIF") -> None:
    """Walk a whole file."""
    with walk.within("file", path, view):
        if not view.has(0, _HEADER_BYTES + _SCREEN_BYTES) or view.read(0, _HEADER_BYTES) not in _VERSIONS:
            walk.not_read(path, view, Why.DAMAGED)
            return
        walk.format_name = "GIF"
        image = _Image(view, walk, path)
        end = _walk_blocks(image, _walk_screen(image))
        if end is None:
            return
        _write_totals(image)
        if end < view.size_bytes:
            rest = view.part(end)
            with walk.within("trailer", f"{path}-Trailer", rest):
                walk.not_read(f"{path}-Trailer", rest, Why.UNKNOWN)


def _walk_screen(image: _Image) -> int:
    """Read the logical screen; return where the blocks begin."""
    view, walk = image.view, image.walk
    version = view.read(3, 3).decode()
    emit(walk, image.section(), "GIFVersion", version, None, tag_id="GIFVersion")  # part of the signature
    screen = view.part(_HEADER_BYTES, _SCREEN_BYTES)
    flags = screen.read(4, 1)[0]  # before: without it nobody knows where the blocks begin
    with walk.within("image", f"{image.path}-ScreenDescriptor", screen):
        walk.understood(screen)
        section = image.section("ScreenDescriptor")
        values = walk_record(screen, walk, section, _SCREEN, "<")
        walk.width_pixels, walk.height_pixels = values["ImageWidth"], values["ImageHeight"]
        _write_flags(image, section, flags)
        walk_record(screen, walk, section, _BACKGROUND, "<")
    walk.understood(view.part(0, _HEADER_BYTES))
    return _HEADER_BYTES + _SCREEN_BYTES + _table_bytes(flags)


def _write_flags(image: _Image, section: Section, flags: int) -> None:
    """Three values share one byte, so none has it as its place."""
    color_map: dict[Any, str] = {0: "No", 1: "Yes"}
    emit(image.walk, section, "HasColorMap", flags >> 7, None, tag_id="4.1", prints=color_map)
    emit(image.walk, section, "ColorResolutionDepth", (flags >> 4 & 7) + 1, None, tag_id="4.2")
    emit(image.walk, section, "BitsPerPixel", (flags & 7) + 1, None, tag_id="4.3")


def _table_bytes(flags: int) -> int:
    return 3 * (2 << (flags & 7)) if flags & 0x80 else 0


def _walk_blocks(image: _Image, at: int) -> int | None:
    """Read block after block; return what is behind the trailer, None if a limit ends the reading."""
    view, walk = image.view, image.walk
    while True:
        mark = view.read(at, 1)[0]
        if mark == _IMAGE:
            image.frames_count += 1
            at = _skip_picture(image, at)
        elif mark == _EXTENSION:
            image.extensions_count += view.read(at + 1, 1)[0] != _GRAPHIC
            if image.extensions_count > walk.budgets.containers_max:
                walk.exceeded("containers_max")
                walk.not_read(image.path, view.part(at), Why.BUDGET)
                return None
            end = _skip_extension(image, at)
            _walk_extension(image, view.part(at, end - at))
            at = end
        else:
            if mark == _TRAILER:
                walk.understood(view.part(at, 1))
                at += 1
            return at


def _skip_picture(image: _Image, at: int) -> int:
    view, walk = image.view, image.walk
    try:
        return _skip_blocks(view, at + 10 + _table_bytes(view.read(at + 9, 1)[0]) + 1)
    except MissingBytesError:
        with walk.within("image", f"{image.path}-Image", view.part(at)):
            walk.not_read(f"{image.path}-Image", view.part(at), Why.MISSING)
        raise


def _skip_extension(image: _Image, at: int) -> int:
    """Return where an extension ends. One that does not is noted as the container that it would be."""
    view, walk = image.view, image.walk
    try:
        return _skip_blocks(view, at + 2)
    except MissingBytesError:
        name = view.read(at + 3, _APPLICATION_BYTES) if view.has(at + 3, _APPLICATION_BYTES) else b""
        kind, inner = _NESTED.get(name[:8], ("vendor", ""))
        path = f"{image.path}-{inner}" if inner else image.path
        with walk.within(kind, path, view.part(at)):
            walk.not_read(path, view.part(at), Why.MISSING)
        raise


def _skip_blocks(view: View, at: int) -> int:
    """Return where the sub-blocks end that begin here, looking at their lengths only."""
    window, start, size = b"", at, _WINDOW_BYTES_MIN
    while True:
        if not start <= at < start + len(window):
            window, start = _window(view, at, size), at
            size = min(2 * size, _WINDOW_BYTES_MAX)
        length = window[at - start]
        at += 1 + length
        if length == 0:
            return at


def _window(view: View, at: int, size: int) -> bytes:
    try:
        return view.read(at, max(1, min(size, view.size_bytes - at)))
    except MissingBytesError:
        return view.read(at, 1)


def _blocks(extension: View) -> Iterator[View]:
    """Return the sub-blocks of an extension without their lengths."""
    at = 2
    while True:
        length = extension.read(at, 1)[0]
        if length == 0:
            return
        yield extension.part(at + 1, length)
        at += 1 + length


def _walk_extension(image: _Image, extension: View) -> None:
    walk = image.walk
    label, size = extension.read(1, 2)
    if label == _COMMENT:
        with walk.within("text", image.path, extension):
            walk.understood(extension)
            _write_text(image, image.section(group="File"), "Comment", list(_blocks(extension)))
    elif label == _GRAPHIC and size == 4:  # noqa: PLR2004 - its only length
        _take_control(image, extension)
    elif label == _TEXT and size == _TEXT_BYTES:
        with walk.within("text", image.path, extension):
            walk.understood(extension)
            _write_text(image, image.section(), "Text", list(_blocks(extension))[1:])
    elif label == _APPLICATION and size == _APPLICATION_BYTES:
        _walk_application(image, extension)
    else:
        with walk.within("vendor", image.path, extension):
            walk.not_read(image.path, extension, Why.UNKNOWN)


def _take_control(image: _Image, extension: View) -> None:
    """Delay and transparent colour of the frame that follows."""
    flags, low, high, _color = extension.read(3, 4)
    image.delay_hundredths += high << 8 | low
    image.walk.understood(extension)
    if flags & 1:
        place = extension.part(6, 1)
        color = place.read(0, 1)[0]
        emit(image.walk, image.section(), "TransparentColor", color, place, tag_id="TransparentColor")


def _write_text(image: _Image, section: Section, name: str, blocks: list[View]) -> None:
    content = View.joined(blocks)
    if content.size_bytes == 0 and section.group == "File":
        return
    if content.size_bytes > image.walk.budgets.value_bytes_max:
        return
    data = content.read(0, content.size_bytes)
    at = content if len(blocks) == 1 and b"\0" not in data else None
    emit(image.walk, section, name, utf8(data).replace("\0", ""), at, tag_id=name)


def _walk_application(image: _Image, extension: View) -> None:
    walk, path = image.walk, image.path
    name = extension.read(3, _APPLICATION_BYTES)
    body = extension.part(3 + _APPLICATION_BYTES)
    if name == b"XMP DataXMP":
        walk_nested("xmp", _packet(body, walk), walk, f"{path}-XMP")
        walk.understood(extension.part(0, 3 + _APPLICATION_BYTES))
        return
    blocks = list(_blocks(extension))[1:]
    content = View.joined(blocks)
    if name == b"NETSCAPE2.0":
        walk.understood(extension)
        walk_record(content, walk, image.section("Animation"), _ITERATIONS, "<")
    elif name == b"ICCRGBG1012":
        walk_nested("icc", content, walk, f"{path}-ICC_Profile")
    elif name.startswith(b"C2PA_GIF"):
        walk_nested("jumbf", content, walk, f"{path}-JUMBF")
    else:
        with walk.within("vendor", path, extension):
            walk.not_read(path, extension, Why.UNKNOWN)


def _packet(body: View, walk: Walk) -> View:
    """Return the packet, which stands there as it is: what follows leads readers of blocks to its end."""
    head = body.all(walk.budgets.xmp_bytes_max)
    end = _XMP_END.search(head)
    length = end.end() if end else head.find(b"\0")
    if length < 0:
        length = len(head)
    walk.understood(body.part(length))
    return body.part(0, length)


def _write_totals(image: _Image) -> None:
    section = image.section()
    if image.frames_count > 1:
        emit(image.walk, section, "FrameCount", image.frames_count, None, tag_id="FrameCount")
    if image.delay_hundredths:
        seconds = image.delay_hundredths / 100
        raw: float | int = int(seconds) if number_text(seconds).isdecimal() else seconds
        emit(
            image.walk, section, "Duration", raw, None,
            tag_id="Duration", prints=lambda _value: f"{seconds:.2f} s",
        )  # fmt: skip
