"""How the file is put together: what stands behind, before and between the parts of an image."""

from collections import Counter
from collections.abc import Iterator
from typing import Final

from metaextract_extractor.domain.operations_forensics import (
    ForensicEvidence,
    ForensicStatement,
    ForensicTopic,
)
from metaextract_extractor.domain.result import ByteRange, Container, Unread, Why
from metaextract_extractor.reading.evidence import Evidence
from metaextract_extractor.reading.insights.image_header import jpeg_segments
from metaextract_extractor.reading.operations.foreign_content import foreign_content
from metaextract_extractor.reading.operations.forensics_statements import (
    fact,
    indication,
    of_bytes,
    of_field,
    of_number,
)
from metaextract_extractor.reading.view import MissingBytesError, View
from metaextract_extractor.reading.walk import LostPixels

_TOPIC: Final = ForensicTopic.STRUCTURE
_TRAILERS_MAX: Final = 100
HUGE_TEXT_BYTES: Final = 16 * 1024
_APP0: Final = 0xE0
_APP1: Final = 0xE1
_UNREAD_KINDS: Final = {
    Why.UNKNOWN: (
        "not_understood",
        "Parts of the metadata have a structure that nobody here knows.",
        "Makers and programs store private data.",
    ),
    Why.DAMAGED: (
        "contradicts_itself",
        "Parts of the file contradict their own format: lengths, offsets or counts do not fit.",
        "Transfers that broke off, worn storage, and programs that move parts without correcting pointers.",
    ),
}


def structure_statements(evidence: Evidence) -> Iterator[ForensicStatement]:
    """Yield what is unusual about the structure."""
    yield from _trailers(evidence)
    yield from _segments(evidence)
    yield from _unread(evidence)
    yield from _lost_pointers(evidence)
    yield from _foreign(evidence)
    yield from _huge_texts(evidence)
    yield from _notices(evidence)


def _trailers(evidence: Evidence) -> Iterator[ForensicStatement]:
    trailers = [one for one in evidence.walk.containers if one.kind == "trailer" and _length(one)]
    if trailers:
        yield fact(
            _TOPIC,
            "trailing_data",
            "Data follow the end of the image.",
            [_described(evidence.subject.view, one) for one in trailers],
            "Phones append films, depth maps and their own directories there.",
            "Some programs and upload services append a signature or padding.",
        )


def _length(container: Container) -> int:
    return sum(place.length_bytes for place in container.places)


def _described(view: View, container: Container) -> ForensicEvidence:
    first = container.places[0]
    try:
        head = view.read(first.offset_bytes, min(16, first.length_bytes))
    except MissingBytesError:
        head = b""
    readable = "".join(chr(one) if 32 <= one < 127 else "." for one in head)  # noqa: PLR2004 - ASCII
    return of_bytes(
        container.path, f"{_length(container)} bytes, beginning with {readable!r}", container.places
    )


def _segments(evidence: Evidence) -> Iterator[ForensicStatement]:
    """JPEG only: JFIF and Exif both want to be first (JFIF 1.02; Exif 3.0 §4.5.4)."""
    if evidence.subject.family != "JPEG":
        return
    found = list(_application_segments(evidence.subject.view))
    exif = [place for name, place in found if name == "Exif"]
    names = [name for name, _ in found]
    if len(exif) > 1:
        yield fact(
            _TOPIC,
            "two_exif_segments",
            "There is more than one Exif segment; readers take different ones.",
            [of_bytes("Exif segment", f"number {number}", [place]) for number, place in enumerate(exif, 1)],
            "Programs that add metadata without looking for those that are there.",
        )
    if exif and "JFIF" in names:
        order = "after" if names.index("JFIF") < names.index("Exif") else "before"
        yield fact(
            _TOPIC,
            "jfif_and_exif",
            f"There is a JFIF segment beside the Exif segment, which stands {order} it.",
            [of_bytes(f"{name} segment", "", [place]) for name, place in found if name in ("JFIF", "Exif")],
            "Cameras write Exif alone as a rule, but many phones and most programs write both.",
        )
    repeated = [name for name, count in Counter(names).items() if count > 1 and name in ("JFIF", "Adobe")]
    if repeated:
        yield fact(
            _TOPIC,
            "repeated_segments",
            f"Segments that should stand once stand more often: {', '.join(repeated)}.",
            [of_bytes(f"{name} segment", "", [place]) for name, place in found if name in repeated],
            "Programs that put their own head before the one that was there.",
        )


def _application_segments(view: View) -> Iterator[tuple[str, ByteRange]]:
    try:
        for code, content in jpeg_segments(view):
            head = content.read(0, min(6, content.size_bytes))
            place = content.place()
            name = _segment_name(code, head)
            if name and place is not None:
                yield name, place
    except MissingBytesError:
        return


def _segment_name(code: int, head: bytes) -> str:
    if code == _APP0 and head.startswith(b"JFIF\0"):
        return "JFIF"
    if code == _APP1 and head.startswith(b"Exif\0"):
        return "Exif"
    return "Adobe" if head.startswith(b"Adobe") else ""


def _unread(evidence: Evidence) -> Iterator[ForensicStatement]:
    trailers = [place for one in evidence.walk.containers if one.kind == "trailer" for place in one.places][
        :_TRAILERS_MAX
    ]
    for why, (name, text, innocent) in _UNREAD_KINDS.items():
        parts = [one for one in evidence.walk.unread if one.why is why and not _is_within(one, trailers)]
        if parts:
            yield fact(
                _TOPIC,
                name,
                text,
                [of_bytes(one.path, f"{one.place.length_bytes} bytes", [one.place]) for one in parts],
                innocent,
            )


def _lost_pointers(evidence: Evidence) -> Iterator[ForensicStatement]:
    walk = evidence.walk
    missing = [one for one in walk.unread if one.why is Why.MISSING]
    lost_count = walk.references_known - walk.references_resolved
    if missing or lost_count or walk.lost_pixels:
        yield fact(
            _TOPIC,
            "points_outside",
            "The file refers to bytes that are not in it.",
            [
                of_number(
                    "Pointers met, and those of them that lead nowhere",
                    f"{walk.references_known}, {lost_count}",
                ),
                *(of_bytes(one.path, f"{one.place.length_bytes} bytes", [one.place]) for one in missing),
                *(_lost_pixels(one) for one in walk.lost_pixels),
            ],
            "The file was cut off, or a program removed parts and left the pointers.",
        )


def _lost_pixels(lost: LostPixels) -> ForensicEvidence:
    if lost.place is None:
        return of_bytes(lost.path, "the end of the picture", [])
    return of_bytes(lost.path, f"{lost.place.length_bytes} bytes of the picture", [lost.place])


def _is_within(part: Unread, trailers: list[ByteRange]) -> bool:
    """Trailers have a statement of their own."""
    begin = part.place.offset_bytes
    return any(one.offset_bytes <= begin < one.offset_bytes + one.length_bytes for one in trailers)


def _foreign(evidence: Evidence) -> Iterator[ForensicStatement]:
    found = list(foreign_content(evidence))
    if found:
        yield indication(
            _TOPIC,
            "foreign_content",
            "Bytes in the file look like the beginning of a file of another kind, or like program text.",
            [of_bytes(what, "signature", [place]) for what, place in found],
            "Documents, films and archives are attached by phones and programs on purpose.",
            "Texts about programming mention such words.",
        )


def _huge_texts(evidence: Evidence) -> Iterator[ForensicStatement]:
    texts = [one for one in evidence.walk.containers if one.kind == "text" and _length(one) > HUGE_TEXT_BYTES]
    fields = [
        one
        for one in evidence.fields
        if one.name in ("Comment", "UserComment", "ImageDescription") and len(one.printed) > HUGE_TEXT_BYTES
    ]
    if texts or fields:
        yield fact(
            _TOPIC,
            "huge_text",
            f"A comment is longer than {HUGE_TEXT_BYTES} bytes.",
            [
                *(of_bytes(one.path, f"{_length(one)} bytes", one.places) for one in texts),
                *(of_field(one) for one in fields),
            ],
            "Image generators store their whole work flow as text, editors their settings.",
        )


def _notices(evidence: Evidence) -> Iterator[ForensicStatement]:
    walk = evidence.walk
    words = {one.code: one.message for one in walk.notices}
    warnings = [
        one for name in ("Warning", "Error") for one in evidence.named(name) if one.group == "ExifTool"
    ]
    if words or warnings:
        yield fact(
            _TOPIC,
            "readers_complain",
            "Readers of the structure met something that they had to say.",
            [
                *(of_number(code, message) for code, message in words.items()),
                *(of_field(one) for one in warnings),
            ],
            "Many cameras and programs write slightly wrong files.",
        )
