"""What the file says of programs that worked on it, and where its statements about itself do not fit."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

from metaextract_extractor.domain.insights import Insights
from metaextract_extractor.domain.insights_time import Event, TimeCandidate
from metaextract_extractor.domain.operations_forensics import (
    ForensicEvidence,
    ForensicStatement,
    ForensicTopic,
    NotExamined,
)
from metaextract_extractor.domain.provenance import Provenance
from metaextract_extractor.domain.result import Field
from metaextract_extractor.reading.evidence import Evidence
from metaextract_extractor.reading.insights.provenance import provenance
from metaextract_extractor.reading.insights.stated import Stated
from metaextract_extractor.reading.insights.written_time import WrittenTime, read_time
from metaextract_extractor.reading.operations.forensics_statements import (
    fact,
    indication,
    of_bytes,
    of_field,
    of_number,
)

_TOPIC: Final = ForensicTopic.EDITING
MODIFIED_SECONDS_MIN: Final = 60
"""A file whose modification time is so much later was changed after it was written by the camera."""

_CLOCK_ZONES_SECONDS: Final = 14 * 3600
"""Without zones two clocks may differ by that much at the same moment."""

_HISTORY: Final = (
    "HistoryAction",
    "HistorySoftwareAgent",
    "HistoryWhen",
    "HistoryChanged",
    "HistoryParameters",
)
_DERIVED: Final = ("DerivedFromDocumentID", "DerivedFromInstanceID", "DerivedFromOriginalDocumentID")
_PROGRAM_FIELDS: Final = (
    ("IFD0", "Software"),
    ("IFD0", "ProcessingSoftware"),
    ("XMP-xmp", "CreatorTool"),
    ("XMP-tiff", "Software"),
    ("IPTC", "OriginatingProgram"),
    ("PNG", "Software"),
    ("Photoshop", "WriterName"),
)
_EDITORS: Final = re.compile(
    r"photoshop|lightroom|camera raw|gimp|affinity|paint\.net|paint shop|pixelmator|snapseed|picasa|canva"
    r"|luminar|capture one|darktable|rawtherapee|digikam|acdsee|photoscape|facetune|picsart|vsco|irfanview"
    r"|xnview|imagemagick|graphicsmagick|polarr|fotor|befunky|photo ?gallery|microsoft photos"
    r"|windows photo|dxo|on1"
    r"|meitu|faceapp|remini|airbrush|aperture|iphoto|skylum|corel|photopea|fotoxx|shotwell|nik collection",
    re.IGNORECASE,
)
"""Programs whose purpose is to change pictures."""

_GENERATED: Final = re.compile(
    r"(?:trainedAlgorithmicMedia|compositeWithTrainedAlgorithmicMedia|algorithmicMedia)$"
)
_NO_EDIT_ACTIONS: Final = frozenset({"c2pa.created", "c2pa.opened", "c2pa.published"})


def editing_statements(evidence: Evidence, insights: Insights) -> Iterator[ForensicStatement | NotExamined]:
    """Yield traces of programs, and contradictions within what the file states."""
    stated = Stated.of(evidence)
    yield from _history(stated)
    yield from _programs(stated)
    yield from _photoshop(evidence, stated)
    yield from _credentials(evidence, stated)
    yield from _times(insights)
    yield from _sizes(evidence, stated)
    yield NotExamined("editing.maker_note_missing", "No dependable list says which cameras always write one.")
    yield NotExamined("editing.resampling", "Traces of scaling and turning in the pixels are not looked for.")


def _fields(stated: Stated, group: str, names: tuple[str, ...]) -> list[Field]:
    return [one for name in names for one in stated.every(group, name)]


def _history(stated: Stated) -> Iterator[ForensicStatement]:
    history = _fields(stated, "XMP-xmpMM", _HISTORY)
    if history:
        yield fact(
            _TOPIC,
            "xmp_history",
            "XMP holds a history of what programs did with the picture.",
            map(of_field, history),
            "Programs that only convert, rate or keyword pictures write a history too.",
        )
    derived = _fields(stated, "XMP-xmpMM", _DERIVED)
    if derived:
        yield fact(
            _TOPIC,
            "derived_from",
            "XMP says that the picture was derived from another document.",
            map(of_field, derived),
            "Every export from raw or from a layered document says so.",
        )
    settings = [*stated.every("XMP-crs", "HasSettings"), *stated.every("XMP-crs", "AlreadyApplied")]
    settings += stated.every("XMP-crs", "HasCrop")
    if settings:
        yield fact(
            _TOPIC,
            "raw_development",
            "XMP holds the settings of a raw developer.",
            map(of_field, settings),
            "Raw pictures must be developed; the settings may be the program's defaults.",
        )


def _programs(stated: Stated) -> Iterator[ForensicStatement]:
    named = [one for group, name in _PROGRAM_FIELDS for one in stated.every(group, name)]
    editors = [one for one in named if _EDITORS.search(one.printed)]
    if editors:
        yield fact(
            _TOPIC,
            "editing_program",
            "The file names a program whose purpose is to change pictures.",
            map(of_field, editors),
            "Such programs also import, convert and export without changing what is to be seen.",
        )
    tools = stated.first("XMP-x", "XMPToolkit")
    if tools is not None and "Image::ExifTool" in tools.printed:
        yield fact(
            _TOPIC,
            "metadata_program",
            "The XMP was written by ExifTool, so metadata were changed after the capture.",
            [of_field(tools)],
            "Archives and agencies add captions, rights and keywords this way.",
        )


def _photoshop(evidence: Evidence, stated: Stated) -> Iterator[ForensicStatement]:
    containers = [one for one in evidence.walk.containers if one.kind == "photoshop" and one.places]
    groups = ("PhotoshopThumbnail", "LayersGroupInfo", "PhotoshopFormat", "PhotoshopQuality", "WriterName")
    fields = _fields(stated, "Photoshop", groups)
    if fields and evidence.subject.family != "PSD":
        yield fact(
            _TOPIC,
            "photoshop_resources",
            "The file holds image resources as Photoshop writes them when it saves.",
            [
                *map(of_field, fields),
                *(of_bytes(one.path, "image resources", one.places) for one in containers),
            ],
            "Other programs copy these resources along, and write them to store captions (IPTC).",
        )


def _credentials(evidence: Evidence, stated: Stated) -> Iterator[ForensicStatement]:
    credentials = provenance(evidence)
    if credentials is not None:
        yield from _actions(credentials)
    generated = [
        one for name in ("DigitalSourceType", "DigitalSourcefileType") for one in stated.named(name)
        if _GENERATED.search(one.printed) or _GENERATED.search(str(one.raw))
    ]  # fmt: skip
    if generated:
        yield fact(
            _TOPIC,
            "generated_source",
            "The metadata say that the picture, or a part of it, was made by an algorithm.",
            map(of_field, generated),
            "Small corrections by a trained model are declared in the same way.",
        )


def _actions(credentials: Provenance) -> Iterator[ForensicStatement]:
    manifest = credentials.active_manifest
    actions = [one for one in manifest.actions if one.action not in _NO_EDIT_ACTIONS] if manifest else []
    if actions:
        yield fact(
            _TOPIC,
            "credentials_actions",
            f"Content Credentials ({credentials.state.value.replace('_', ' ')}) list actions on the picture.",
            [of_number(one.action, _words(one.when, one.software_agent, one.description)) for one in actions],
            "Actions such as resizing and format conversion change nothing of what is to be seen.",
        )


def _words(*parts: str) -> str:
    return ", ".join(part for part in parts if part)


def _times(insights: Insights) -> Iterator[ForensicStatement]:
    found = insights.capture_time
    if found is None or found.best.event is not Event.CAPTURE:
        return
    changed = [
        (one, seconds)
        for one in found.candidates
        if one.event is Event.MODIFIED
        and (seconds := _seconds_between(found.best, one)) is not None
        and abs(seconds) >= MODIFIED_SECONDS_MIN
    ]
    later, earlier = ([each for each in changed if (each[1] > 0) is after] for after in (True, False))
    if later:
        yield fact(
            _TOPIC,
            "modified_after_capture",
            "A stated modification time is later than the capture time.",
            _both(found.best, later),
            "Turning, rating, captioning or copying with some programs is a modification too.",
        )
    if earlier:
        yield indication(
            _TOPIC,
            "modified_before_capture",
            "A stated modification time is earlier than the capture time.",
            _both(found.best, earlier),
            "A clock was set, or one of the times was written without its zone.",
        )


def _both(best: TimeCandidate, others: list[tuple[TimeCandidate, float]]) -> Iterator[ForensicEvidence]:
    yield ForensicEvidence("Capture time", best.iso8601, f"{best.group}:{best.name}")
    for other, seconds in others:
        yield ForensicEvidence("Modification time", other.iso8601, f"{other.group}:{other.name}")
        yield of_number("Seconds after the capture", seconds)


def _seconds_between(capture: TimeCandidate, modified: TimeCandidate) -> float | None:
    """Return modification minus capture; None where missing zones could explain the difference."""
    one, other = read_time(capture.iso8601), read_time(modified.iso8601)
    if one is None or other is None or not (one.has_clock and other.has_clock):
        return None
    zones = (one.offset_minutes, other.offset_minutes)
    if None not in zones:
        return (_moment(other) - _moment(one)).total_seconds()
    seconds = (other.clock - one.clock).total_seconds()
    same_clock = zones == (None, None) and _is_exif(capture) and _is_exif(modified)
    return seconds if same_clock or abs(seconds) > _CLOCK_ZONES_SECONDS else None


def _is_exif(one: TimeCandidate) -> bool:
    """Exif times of one file are readings of one clock."""
    return one.group in ("ExifIFD", "IFD0")


def _moment(time: WrittenTime) -> datetime:
    return (time.moment(time.offset_minutes or 0) or time.clock).replace(tzinfo=UTC)


def _sizes(evidence: Evidence, stated: Stated) -> Iterator[ForensicStatement]:
    width, height = evidence.walk.width_pixels, evidence.walk.height_pixels
    fields = [stated.first("ExifIFD", name) for name in ("ExifImageWidth", "ExifImageHeight")]
    numbers = [stated.integer("ExifIFD", name) for name in ("ExifImageWidth", "ExifImageHeight")]
    if not (width and height and all(numbers)) or evidence.subject.family not in (
        "JPEG",
        "HEIF",
        "WEBP",
        "PNG",
    ):
        return
    if numbers in ([width, height], [height, width]):
        return
    yield fact(
        _TOPIC,
        "size_differs",
        "The size that Exif states is not the size of the image.",
        [
            *(of_field(one) for one in fields if one is not None),
            of_number("Width and height of the image, pixels", f"{width} x {height}"),
        ],
        "Programs that scale or crop leave the old Exif; some services shrink every picture.",
        "Some cameras state the size of the sensor or of the uncropped picture.",
    )
