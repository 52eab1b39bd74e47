"""What identifies a person, a device or a place: by names of fields, whatever standard, then by their values.

Subjects of the Exif tags: Exif 3.0, 4.6.5 (A430 to A437); of IPTC: IIM 4.2, 6; of XMP: IPTC Photo Metadata
2023.2, MWG Guidelines 2.0, 5.9 (regions).
"""

import re
from collections import defaultdict
from typing import Final, NamedTuple

from metaextract_extractor.domain.privacy import PrivacyFinding, PrivacyReport, PrivacySubject
from metaextract_extractor.domain.result import Field, Standard
from metaextract_extractor.reading.evidence import Evidence
from metaextract_extractor.reading.insights.position import LATITUDE_MAX, LONGITUDE_MAX
from metaextract_extractor.reading.insights.stated import Stated, number_of, numbers_of


class _Rule(NamedTuple):
    subject: PrivacySubject
    exact: bool
    names: re.Pattern[str]
    statement: str


def _rule(subject: PrivacySubject, names: str, statement: str, *, exact: bool = True) -> _Rule:
    return _Rule(subject, exact, re.compile(names), statement)


_RULES: Final = (
    _rule(
        PrivacySubject.PLACE,
        r"GPS(Dest)?(Latitude|Longitude|Position|Coordinates)|(Location\w*)?GPS(Latitude|Longitude)"
        r"|GeolocationPosition|GPSAreaInformation|GPSProcessingMethod|LocationInfo",
        "The exact position is in the file.",
    ),
    _rule(
        PrivacySubject.PLACE,
        r"(City|State|Province-State|Country\w*|Country-PrimaryLocation(Code|Name)|Sub-location|Location"
        r"|Location(Created|Shown)\w*|ContentLocation(Code|Name)|WorldRegion|Landmark)",
        "The place is named.",
        exact=False,
    ),
    _rule(
        PrivacySubject.CONTACT,
        r"(Creator|Contact|Licensor|Ci|CI)\w*(Address|Adr\w*|City|Country|Email\w*|Phone\w*|Telephone\w*|Tel\w*"
        r"|URL\w*|PostalCode|Pcode|Region|Contact)\d*|Contact|WorkEmail|EmailAddress|Phone(Number)?",
        "Contact details of a person are in the file.",
    ),
    _rule(
        PrivacySubject.PERSON,
        r"PersonInImage\w*|RegionPersonDisplayName|RegionName|RecognizedFace\d?Name|BabyName|PetName"
        r"|Face\d?Name|PatientName|PatientID",
        "People in the picture are named.",
    ),
    _rule(
        PrivacySubject.PERSON,
        r"Artist|Creator|By-line|Author|AuthorName|XPAuthor|Photographer|ImageEditor|(Camera)?Owner(Name)?"
        r"|CaptionWriter|Writer-Editor|CaptionsAuthorNames|Credit|Copyright|CopyrightNotice|CopyrightOwner\w*"
        r"|Rights|RightsUsageTerms|Supplier\w*|LastModifiedBy|LastSavedBy",
        "The name of the photographer, owner or editor is in the file.",
    ),
    _rule(
        PrivacySubject.DEVICE,
        r"(\w*Serial(Number)?|DeviceID|DeviceUUID|BodyNumber|CameraID|UniqueCameraID|DeviceName|HostComputer"
        r"|IMEI|MACAddress|PhoneNumber|SerialNumberHash)",
        "A number or name of the one device is in the file.",
    ),
    _rule(
        PrivacySubject.DEVICE,
        r"(Camera)?(Make|Model(Name)?)|Camera(Model)?ID|UniqueCameraModel|LensModel|LensMake|HostComputer"
        r"|DeviceM(ake|odel)",
        "The make or model of the device is named.",
        exact=False,
    ),
    _rule(
        PrivacySubject.DEVICE,
        r"Software|CreatorTool",
        "The software that wrote the file is named.",
        exact=False,
    ),
    _rule(
        PrivacySubject.TRACE,
        r"(\w*(DocumentID|InstanceID)|ImageUniqueID|RawDataUniqueID|MediaUniqueID|PhotoIdentifier|BurstUUID"
        r"|ContentIdentifier|MediaGroupUUID|ImageCaptureRequestID|OriginalTransmissionReference|DigitalImageGUID)",
        "Ids link this file to others of the same origin.",
    ),
    _rule(
        PrivacySubject.TIME,
        r"(SubSec)?(DateTime(Original|Created|Digitized)|CreateDate|ModifyDate)|GPSDate(Time|Stamp)|GPSTimeStamp"
        r"|(Digital(Creation))?(Date|Time)Created|DigitalCreation(Date|Time)|MetadataDate|OffsetTime\w*",
        "The time is in the file.",
        exact=False,
    ),
    _rule(
        PrivacySubject.PICTURE,
        r"(Thumbnail|Preview|JpgFromRaw|OtherImage|PhotoshopThumbnail|MPImage|Physically)\w*(Image\w*|Data)?"
        r"|JpgFromRaw|MotionPhotoVideo|EmbeddedVideoFile",
        "Pictures inside the file may show what was cut away or blurred in the main one.",
        exact=False,
    ),
)

_PLACE_NAMED, _DEVICE_MODEL = (
    next(rule for rule in _RULES if rule.subject is subject and not rule.exact)
    for subject in (PrivacySubject.PLACE, PrivacySubject.DEVICE)
)
_COORDINATES_ALONE: Final = _rule(
    PrivacySubject.PLACE, "", "Coordinates are in the file, but no whole and plausible position.", exact=False
)
"""No field falls under it by its name."""

_EMPTY: Final = frozenset({"", "0", "0000000000", "unknown", "none", "(none)", "n/a", "not set", "undefined"})
_NOT_THE_FILE: Final = frozenset({Standard.COMPOSITE, Standard.FILE, Standard.ICC})
"""Computed values repeat others; a colour profile tells of its own maker."""

_PICTURES: Final = re.compile(
    r"Length|Offset|Size|Width|Height|Type|Format|Valid|Quality|Start|Compression|Name"
)

_ORDER: Final = (*_RULES, _COORDINATES_ALONE)
_NOTHING: Final = re.compile(r"[0\s:.,+/-]*")
"""A number, id or time that was never set."""
_MAY_BE_NOTHING: Final = frozenset({PrivacySubject.DEVICE, PrivacySubject.TRACE, PrivacySubject.TIME})

_IN_ONE_VALUE: Final = re.compile(r".*(Position|Coordinates)")
_AXES: Final = {"Latitude": "Longitude", "Longitude": "Latitude"}
_AXIS: Final = re.compile("Latitude|Longitude")
_PAIRS_MAX: Final = 16

_NAMED_BY_OWNER: Final = frozenset({"HostComputer", "DeviceName"})
_PRODUCT: Final = re.compile(
    r"(iPhone|iPad|iPod|iOS|Mac ?OS|OS X|Windows|Linux|Android)"
    r"([ ,(]+([\d.]+\w{0,3}|X[SR]?|SE|Pro|Max|mini|Plus|Air|touch|gen(eration)?|NT|XP|Vista|Home|Edition)"
    r"\)?)*",
    re.IGNORECASE,
)
"""What phones and programs write there; `iPhone of Anna` is none."""


def privacy(evidence: Evidence) -> PrivacyReport:
    """Say what the file gives away, the most telling first."""
    stated = Stated.of(evidence)
    named: defaultdict[_Rule, dict[str, None]] = defaultdict(dict)
    for field in evidence.fields:
        rule = _told_by(field, stated)
        if rule is not None:
            named[rule][f"{field.group}:{field.name}"] = None
    findings = tuple(
        PrivacyFinding(rule.subject, rule.exact, rule.statement, tuple(named[rule]))
        for rule in sorted(named, key=lambda rule: (not rule.exact, _ORDER.index(rule)))
    )
    return PrivacyReport(findings, sum(len(one.fields) for one in findings))


def identified_by(field: Field) -> tuple[PrivacySubject, bool] | None:
    """Return what the field is there to identify, and whether it alone is enough; None if nothing.

    Its value is not weighed: what a copy must not hold goes, also where it is broken.
    """
    rule = _rule_of(field)
    return (rule.subject, rule.exact) if rule is not None else None


def _rule_of(field: Field) -> _Rule | None:
    if field.standard in _NOT_THE_FILE or field.printed.strip().casefold() in _EMPTY:
        return None
    rule = next((rule for rule in _RULES if rule.names.fullmatch(field.name)), None)
    if rule is not None and rule.subject is PrivacySubject.PICTURE and _PICTURES.search(field.name):
        return None  # a number about a picture is none
    return rule


def _told_by(field: Field, stated: Stated) -> _Rule | None:
    """The rule by the field's name, or what its value leaves of it."""
    rule = _rule_of(field)
    if rule is None or (rule.subject in _MAY_BE_NOTHING and _NOTHING.fullmatch(field.printed)):
        return None
    if rule.subject is PrivacySubject.PLACE and rule.exact:
        if not _AXIS.search(field.name) and not _IN_ONE_VALUE.fullmatch(field.name):
            return _PLACE_NAMED
        return rule if _is_position(field, stated) else _COORDINATES_ALONE
    if field.name in _NAMED_BY_OWNER and _is_product(field, stated):
        return _DEVICE_MODEL
    return rule


def _is_position(field: Field, stated: Stated) -> bool:
    """Whether a place on Earth other than 0, 0 can be told: alone, or with the other coordinate of its group.

    Without its hemisphere a position is one of four, which is telling enough.
    """
    if _IN_ONE_VALUE.fullmatch(field.name):
        numbers = numbers_of(field.raw)
        return _is_plausible(*numbers[:2]) if len(numbers) > 1 else _has_digits(field)
    other = _AXIS.sub(lambda found: _AXES[found[0]], field.name)
    is_latitude = "Latitude" in field.name
    for one in stated.every(field.group, other)[:_PAIRS_MAX]:
        pair = (number_of(field), number_of(one)) if is_latitude else (number_of(one), number_of(field))
        if None in pair:
            if _has_digits(field) and _has_digits(one):
                return True  # text or lists
        elif _is_plausible(*pair):
            return True
    return False


def _is_plausible(latitude: float | None, longitude: float | None) -> bool:
    if latitude is None or longitude is None:
        return False
    in_range = abs(latitude) <= LATITUDE_MAX and abs(longitude) <= LONGITUDE_MAX
    return in_range and (latitude, longitude) != (0, 0)


def _has_digits(field: Field) -> bool:
    return re.search("[1-9]", field.printed) is not None


def _is_product(field: Field, stated: Stated) -> bool:
    value = field.printed.strip()
    models = {one.printed.strip().casefold() for one in stated.named("Model")[:_PAIRS_MAX]}
    return value.casefold() in models or _PRODUCT.fullmatch(value) is not None
