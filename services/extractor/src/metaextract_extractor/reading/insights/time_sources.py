"""The fields that state when a picture was taken, the likeliest first.

Metadata Working Group, Guidelines 2.0, §5.4 (original, digitised and modified date, and that Exif is read
before IPTC-IIM and XMP); Exif 3.0 §4.6.5; IPTC Photo Metadata 2023.2 (Date Created); XMP part 1 §8.4;
PNG 3 §11.3.3 (keyword Creation Time) and §11.3.5.2 (tIME is UTC); ISO/IEC 14496-12 §8.2.2 (UTC).
"""

from dataclasses import dataclass
from typing import Final

from metaextract_extractor.domain.insights_time import Event


@dataclass(frozen=True, slots=True)
class TimeSource:
    """Where a time stands: the field with the date, those that complete it, and what it is worth.

    `camera`: the camera's clock wrote it, so that it shares the camera's zone. `utc`: by its standard.
    """

    event: Event
    group: str
    name: str
    reason: str
    time_name: str = ""
    subseconds_name: str = ""
    offset_name: str = ""
    camera: bool = False
    utc: bool = False


_EXIF: Final = "Exif DateTimeOriginal: the camera's clock at the exposure."
_RAW: Final = "The camera wrote it into the raw file as the time of the exposure."
_XMP: Final = "There is no Exif time; XMP repeats the one of the exposure."
_IPTC: Final = "There is no Exif time; IPTC DateCreated says when the content was created."
_MAKER: Final = "Only the maker note tells the camera's clock."
_DIGITISED: Final = "There is no time of the exposure, only that of becoming digital."
_MODIFIED: Final = "There is only the time of the last change: the picture is no younger."

TIME_SOURCES: Final[tuple[TimeSource, ...]] = (
    TimeSource(
        Event.CAPTURE,
        "ExifIFD",
        "DateTimeOriginal",
        _EXIF,
        subseconds_name="SubSecTimeOriginal",
        offset_name="OffsetTimeOriginal",
        camera=True,
    ),
    TimeSource(Event.CAPTURE, "IFD0", "DateTimeOriginal", _EXIF, camera=True),
    TimeSource(Event.CAPTURE, "CanonRaw", "DateTimeOriginal", _RAW, camera=True),
    TimeSource(Event.CAPTURE, "SigmaRaw", "DateTimeOriginal", _RAW, camera=True),
    TimeSource(Event.CAPTURE, "PhaseOne", "DateTimeOriginal", _RAW, camera=True),
    TimeSource(Event.CAPTURE, "FLIR", "DateTimeOriginal", _MAKER, camera=True),
    TimeSource(Event.CAPTURE, "Reconyx", "DateTimeOriginal", _MAKER, camera=True),
    TimeSource(Event.CAPTURE, "XMP-exif", "DateTimeOriginal", _XMP),
    TimeSource(Event.CAPTURE, "IPTC", "DateCreated", _IPTC, time_name="TimeCreated"),
    TimeSource(Event.CAPTURE, "XMP-photoshop", "DateCreated", _XMP),
    TimeSource(Event.CAPTURE, "Keys", "CreationDate", "The camera wrote it as the time of creation."),
    TimeSource(
        Event.DIGITISED,
        "ExifIFD",
        "CreateDate",
        _DIGITISED,
        subseconds_name="SubSecTimeDigitized",
        offset_name="OffsetTimeDigitized",
        camera=True,
    ),
    TimeSource(Event.CAPTURE, "Minolta", "MinoltaDate", _MAKER, time_name="MinoltaTime", camera=True),
    TimeSource(Event.CAPTURE, "Pentax", "Date", _MAKER, time_name="Time", camera=True),
    TimeSource(Event.CAPTURE, "Nintendo", "TimeStamp", _MAKER, camera=True),
    TimeSource(Event.CAPTURE, "Ricoh", "RicohDate", _MAKER, camera=True),
    TimeSource(Event.CAPTURE, "HP", "CameraDateTime", _MAKER, camera=True),
    TimeSource(Event.CAPTURE, "GoPro", "CreationDate", _MAKER, camera=True),
    TimeSource(Event.CAPTURE, "Google", "CreateDate", _MAKER),
    TimeSource(Event.CAPTURE, "Olympus", "DateTimeUTC", _MAKER, utc=True),
    TimeSource(
        Event.POSITION,
        "GPS",
        "GPSDateStamp",
        "The camera's clock is not stated; this is the time of the satellites at the last fix.",
        time_name="GPSTimeStamp",
        utc=True,
    ),
    TimeSource(
        Event.POSITION,
        "XMP-exif",
        "GPSDateTime",
        "The camera's clock is not stated; this is the time of the satellites at the last fix.",
        utc=True,
    ),
    TimeSource(
        Event.CAPTURE, "PNG", "ExifDateTimeOriginal", "A program copied Exif DateTimeOriginal into PNG text."
    ),
    TimeSource(
        Event.CAPTURE, "PNG", "CreationTime", "PNG Creation Time: when the original image was created."
    ),
    TimeSource(Event.DIGITISED, "XMP-exif", "DateTimeDigitized", _DIGITISED),
    TimeSource(Event.DIGITISED, "IPTC", "DigitalCreationDate", _DIGITISED, time_name="DigitalCreationTime"),
    TimeSource(Event.DIGITISED, "XMP-xmp", "CreateDate", _DIGITISED),
    TimeSource(Event.DIGITISED, "QuickTime", "CreateDate", _DIGITISED, utc=True),
    TimeSource(
        Event.MODIFIED,
        "IFD0",
        "ModifyDate",
        _MODIFIED,
        subseconds_name="SubSecTime",
        offset_name="OffsetTime",
    ),
    TimeSource(Event.MODIFIED, "XMP-xmp", "ModifyDate", _MODIFIED),
    TimeSource(Event.MODIFIED, "XMP-tiff", "DateTime", _MODIFIED),
    TimeSource(Event.MODIFIED, "PNG", "ModifyDate", _MODIFIED, utc=True),
)
