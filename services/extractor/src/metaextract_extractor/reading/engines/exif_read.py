"""exifread as a further reader: Exif directories and the plain tags of some maker notes. Pure Python."""

import importlib
import logging
from collections.abc import Mapping
from typing import Any, Final

from metaextract_extractor.domain.result import Standard
from metaextract_extractor.reading.engines.bounded_file import BoundedFile
from metaextract_extractor.reading.engines.exif_testimony import Given, add_exif
from metaextract_extractor.reading.engines.makernote_testimony import HEADERS, MAKERS, NAMES
from metaextract_extractor.reading.engines.pillow import REFUSALS
from metaextract_extractor.reading.engines.testimony import Scalar, Testimony, joined, quotient, rounded
from metaextract_extractor.reading.evidence import EngineError, Report, Subject

READS_COUNT_MAX: Final = 40_000
"""It reads two to eight bytes at a time; 40,000 reads take 0.1 s."""

READ_BYTES_MAX: Final = 8 * 1024 * 1024

QUICK_READS_COUNT_MAX: Final = 30_000
"""Without the maker note."""

_INLINE_BYTES: Final = 4
"""Values of so many bytes stand in the directory itself (TIFF 6.0, section 2)."""

_FAMILIES: Final = frozenset({"JPEG", "TIFF", "PNG", "WEBP", "JXL", "ORF"})
"""RW2 has tags of its own. In HEIF and AVIF it looks for Exif at wrong places: it adds no `base_offset` and
knows neither `construction_method` nor several extents (ISO/IEC 14496-12, section 8.11.3)."""

_GROUPS: Final = {
    "Image": "IFD0",
    "Thumbnail": "IFD1",
    "EXIF": "ExifIFD",
    "GPS": "GPS",
    "Interoperability": "InteropIFD",
}

Tags = Mapping[str, Any]
"""`exifread.process_file`: keys are directory and name with a space between, values `IfdTag`."""


class ExifRead:
    """The library exifread."""

    name: Final = "exifread"

    def __init__(self) -> None:
        self._library: Any = importlib.import_module("exifread")
        errors: Any = importlib.import_module("exifread.core.exceptions")
        self._refusals = (*REFUSALS, AssertionError, errors.ExifError)
        logging.getLogger("exifread").setLevel(logging.CRITICAL)  # it logs values of the file

    @property
    def version(self) -> str:
        """As it states it."""
        return str(self._library.__version__)

    def reads(self, subject: Subject) -> bool:
        """Whether it looks for Exif in such files."""
        return subject.whole and subject.family in _FAMILIES

    def read(self, subject: Subject) -> Report:
        """Read the directories; the maker note only if it is one of those that we compare."""
        testimony = Testimony(self.name)
        tags = self._tags(subject, details=False)
        group = _maker(tags)
        if group:
            try:
                tags = self._tags(subject, details=True)
            except EngineError:
                testimony.notice("PART_UNREADABLE", "The maker note takes exifread too long.")
                group = ""
            if not _is_known_note(group, tags, subject.family):
                group = ""
        for key, tag in tags.items():
            _add(testimony, key, tag, group)
        return testimony.report()

    def _tags(self, subject: Subject, *, details: bool) -> Tags:
        reads_count_max = READS_COUNT_MAX if details else QUICK_READS_COUNT_MAX
        try:
            with BoundedFile(
                subject.path, reads_count_max=reads_count_max, read_bytes_max=READ_BYTES_MAX
            ) as file:
                tags: Tags = self._library.process_file(
                    file, details=details, extract_thumbnail=False, truncate_tags=True
                )
        except self._refusals as error:
            if subject.family == "JXL" and isinstance(error, EOFError):
                return {}  # it went from box to box, and none was called Exif
            message = f"exifread could not read it ({type(error).__name__})."
            raise EngineError(message) from error
        return tags


def _maker(tags: Tags) -> str:
    make = str(getattr(tags.get("Image Make"), "printable", ""))
    return next((group for text, group in MAKERS if text in make), "")


def _is_known_note(group: str, tags: Tags, family: str) -> bool:
    """It reads any note of a make in the same way; offsets of Nikon's are right in JPEG only."""
    note = getattr(tags.get("EXIF MakerNote"), "values", None)
    if not isinstance(note, list) or (group == "Nikon" and family != "JPEG"):
        return False
    begin, wanted = HEADERS.get(group, (b"\0", False))
    return (note[: len(begin)] == list(begin)) is wanted


def _add(testimony: Testimony, key: str, tag: Any, maker: str) -> None:  # noqa: ANN401 - `IfdTag`
    group = _group(key)
    values = getattr(tag, "values", None)
    given = _given(values, int(getattr(tag, "field_type", 0)))
    if given is None:
        return
    if group:
        add_exif(testimony, group, tag.tag, given)
    elif maker == "Nikon" and tag.field_length > _INLINE_BYTES:
        return  # it looks for the others at wrong places in some files
    elif key.startswith("MakerNote ") and (known := NAMES.get(maker, {}).get(tag.tag)):
        raw = given.partition("\0")[0] if isinstance(given, str) else _plain(given)
        testimony.add(Standard.MAKERNOTE, maker, known, raw, tag_id=str(tag.tag), category="Camera")


def _group(key: str) -> str:
    """`EXIF SubIFD1 Compression` is in the group `SubIFD1`; the first one has no number."""
    if key.startswith("EXIF SubIFD"):
        return key.split(" ")[1].removesuffix("0")
    return _GROUPS.get(key.partition(" ")[0], "")


def _plain(given: Given) -> Scalar | None:
    return joined(given) if isinstance(given, list) else None


def _given(values: object, field_type: int) -> Given | None:
    """Types of bytes (BYTE 1, UNDEFINED 7) become bytes; there may be fewer values than were promised."""
    if isinstance(values, str | bytes):
        return values if isinstance(values, str) else values.decode("latin-1")
    if not isinstance(values, list) or not values:
        return None
    if field_type in (1, 7) and all(isinstance(one, int) and 0 <= one <= 0xFF for one in values):  # noqa: PLR2004
        return bytes(values)
    numbers = [_number(one) for one in values]
    return [one for one in numbers if one is not None] if None not in numbers else None


def _number(value: Any) -> Scalar | None:  # noqa: ANN401 - `Ratio`, or a pair of one
    if isinstance(value, bool):
        return None
    if isinstance(value, tuple) and len(value) == 1:
        value = value[0]
    if isinstance(value, int):
        return value
    if isinstance(value, float):
        return rounded(value)
    if hasattr(value, "num") and hasattr(value, "den"):
        # A denominator of 0 is kept beside the fraction, which then says 0/1.
        if getattr(value, "_denominator", 1) == 0:
            return None
        return quotient(value.num, value.den)
    return None
