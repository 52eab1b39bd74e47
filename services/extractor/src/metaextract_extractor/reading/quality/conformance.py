"""Whether the file follows the standards that it is made by.

Three sources: what the primary engine warns of while it reads, what our walkers found damaged or missing, and
rules of our own over the fields. ExifTool's `-validate` is not used: a pass of its own costs two thirds of a
reading more, and in the same pass (`-api Validate=1`) a fifth more, and it then reads other fields than
without it.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from metaextract_extractor.domain.quality import Conformance, Finding, Severity
from metaextract_extractor.domain.result import Field, Standard, Unread, Why
from metaextract_extractor.reading.broken_off import torn_structure
from metaextract_extractor.reading.evidence import Evidence

FINDINGS_MAX: Final = 100
DAMAGE_BYTES_LEAST: Final = 64
"""Less is one entry or two, which readers skip."""

STATEMENT_CHARACTERS_MAX: Final = 500

_EXIF_TABLES: Final = "Exif 3.0 (CIPA DC-008-2023) §4.6.8"
_MANDATORY_IN_JPEG: Final = {
    "IFD0": ("XResolution", "YResolution", "ResolutionUnit", "YCbCrPositioning"),
    "ExifIFD": ("ExifVersion", "ComponentsConfiguration", "ColorSpace", "ExifImageWidth", "ExifImageHeight"),
    "GPS": ("GPSVersionID",),
}
"""Support level "mandatory" for compressed pictures, under the names of ExifTool."""

_NOT_IN_JPEG: Final = frozenset(
    {
        "ImageWidth",
        "ImageHeight",
        "BitsPerSample",
        "Compression",
        "PhotometricInterpretation",
        "StripOffsets",
        "SamplesPerPixel",
        "RowsPerStrip",
        "StripByteCounts",
        "PlanarConfiguration",
    }
)
"""Told by the JPEG markers; "not recorded" in directory 0 of a compressed picture."""

_DATES: Final = frozenset({"DateTimeOriginal", "CreateDate", "ModifyDate"})
_DATE: Final = re.compile(
    r"(?:\d{4}|    ):(?:(?:0\d|1[0-2])|  ):(?:[0-3]\d|  ) (?:[0-2]\d|  ):(?:[0-5]\d|  ):(?:[0-5]\d|60|  )",
    re.ASCII,
)
_DIRECTORIES: Final = frozenset({"IFD0", "ExifIFD", "GPS", "InteropIFD"})
_UNDEFINED: Final = re.compile(r"Unknown \(.{1,80}\)", re.DOTALL)
_ABOUT_THE_READER: Final = ("Install ", "Unknown file type")
"""So begins what ExifTool says of the modules that it lacks, such as that for Brotli, and of the formats.

A file whose format nobody knows is refused: a result of one is proof that others knew it.
"""

_MINOR: Final = re.compile(r"\[minor\]\s*", re.IGNORECASE)
_GRAVITY: Final = tuple(Severity)


def assess_conformance(evidence: Evidence) -> Conformance:
    """Collect every breach of a standard that was seen, gravest first."""
    found = [finding for rule in _RULES for finding in rule(evidence)]
    found.sort(key=lambda finding: _GRAVITY.index(finding.severity))
    return Conformance(
        errors_count=_count(found, Severity.ERROR),
        warnings_count=_count(found, Severity.WARNING),
        minor_count=_count(found, Severity.MINOR),
        findings=tuple(found[:FINDINGS_MAX]),
    )


def _count(found: Iterable[Finding], severity: Severity) -> int:
    return sum(1 for finding in found if finding.severity is severity)


def _engine_complaints(evidence: Evidence) -> Iterator[Finding]:
    """What the primary engine says of the file, in its words."""
    for field in evidence.fields:
        if field.group != "ExifTool" or field.name not in ("Warning", "Error"):
            continue
        if field.printed.startswith(_ABOUT_THE_READER):
            continue
        minor = _MINOR.match(field.printed)
        severity = Severity.MINOR if minor else Severity.WARNING
        if field.name == "Error":
            severity = Severity.ERROR
        statement = _MINOR.sub("", field.printed)[:STATEMENT_CHARACTERS_MAX]
        yield Finding(f"ENGINE_{field.name.upper()}", statement, severity, (f"ExifTool:{field.name}",))


def _missing_bytes(evidence: Evidence) -> Iterator[Finding]:
    if not evidence.subject.whole:
        return
    walk, end = evidence.walk, evidence.subject.view.size_bytes
    missing = [one for one in walk.unread if one.why is Why.MISSING]
    if missing:
        until = max(one.place.offset_bytes + one.place.length_bytes for one in missing)
        statement = (
            f"The file ends at byte {end}, and its structure goes on to byte {until} at least."
            if until > end
            else "The file ends before parts that its structure announces."
        )
        yield _truncated(statement, [one.path for one in missing])
    elif walk.lost_pixels:
        ends = [one.place.offset_bytes + one.place.length_bytes for one in walk.lost_pixels if one.place]
        statement = (
            f"The file ends at byte {end}, and its picture goes on to byte {max(ends)} at least."
            if ends
            else f"The file ends at byte {end}, before its picture does."
        )
        yield _truncated(statement, [one.path for one in walk.lost_pixels])
    elif behind := torn_structure(walk, end):
        statement = f"The file ends at byte {end}, and its structure goes on behind that."
        yield _truncated(statement, behind)


def _truncated(statement: str, paths: Iterable[str]) -> Finding:
    evidence = tuple(dict.fromkeys(path for path in paths if path))[:10]
    return Finding("TRUNCATED", statement, Severity.ERROR, evidence)


def _damage(evidence: Evidence) -> Iterator[Finding]:
    damaged: dict[str, list[Unread]] = {}
    for one in evidence.walk.unread:
        if one.why is Why.DAMAGED:
            damaged.setdefault(one.path, []).append(one)
    for path, places in damaged.items():
        first = min(one.place.offset_bytes for one in places)
        count = sum(one.place.length_bytes for one in places)
        statement = f"{count} bytes from byte {first} on contradict the format of {path or 'the file'}."
        severity = Severity.WARNING if count >= DAMAGE_BYTES_LEAST else Severity.MINOR
        yield Finding("DAMAGED_STRUCTURE", statement, severity, (path,))


def _mandatory_tags(evidence: Evidence) -> Iterator[Finding]:
    for directory, names in _MANDATORY_IN_JPEG.items():
        present = {field.name for field in _in_jpeg(evidence, directory)}
        for name in names if present else ():
            if name not in present:
                yield Finding(
                    "MANDATORY_TAG_MISSING",
                    f"{directory} has no {name}, which is mandatory in a JPEG file.",
                    Severity.WARNING,
                    (f"{directory}:{name}",),
                    _EXIF_TABLES,
                )


def _tags_of_uncompressed(evidence: Evidence) -> Iterator[Finding]:
    for field in _in_jpeg(evidence, "IFD0"):
        if field.name in _NOT_IN_JPEG:
            yield Finding(
                "TAG_NOT_FOR_JPEG",
                f"IFD0 holds {field.name}, which a JPEG file tells by its markers.",
                Severity.MINOR,
                (f"IFD0:{field.name}",),
                _EXIF_TABLES,
            )


def _in_jpeg(evidence: Evidence, directory: str) -> list[Field]:
    return [
        field
        for field in evidence.fields
        if field.group == directory
        and field.path.startswith("JPEG-APP1-IFD0")
        and field.standard is Standard.EXIF
    ]


def _date_formats(evidence: Evidence) -> Iterator[Finding]:
    for field in evidence.fields:
        text = str(field.raw)
        if field.group in _DIRECTORIES and field.name in _DATES and not _DATE.fullmatch(text):
            yield Finding(
                "DATE_FORMAT",
                f"{field.group}:{field.name} is not written as YYYY:MM:DD HH:MM:SS.",
                Severity.MINOR,
                (f"{field.group}:{field.name}",),
                "Exif 3.0 (CIPA DC-008-2023) §4.6.5",
            )


def _undefined_values(evidence: Evidence) -> Iterator[Finding]:
    for field in evidence.fields:
        if (
            field.standard is Standard.EXIF
            and field.group in _DIRECTORIES
            and _UNDEFINED.fullmatch(field.printed)
        ):
            yield Finding(
                "VALUE_NOT_DEFINED",
                f"{field.group}:{field.name} has a value that the standard does not define.",
                Severity.MINOR,
                (f"{field.group}:{field.name}",),
            )


_RULES: Final[tuple[Callable[[Evidence], Iterator[Finding]], ...]] = (
    _engine_complaints,
    _missing_bytes,
    _damage,
    _mandatory_tags,
    _tags_of_uncompressed,
    _date_formats,
    _undefined_values,
)
