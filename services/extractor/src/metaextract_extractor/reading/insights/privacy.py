"""What identifies a person, a device or a place; by names of fields, whatever standard they stand in.

Subjects of the Exif tags: Exif 3.0, 4.6.5 (A430 to A437); of IPTC: IIM 4.2, 6; of XMP: IPTC Photo Metadata
2023.2, MWG Guidelines 2.0, 5.9 (regions).
"""

import re
from collections import defaultdict
from typing import Final, NamedTuple

from metaextract_extractor.domain.privacy import PrivacyFinding, PrivacyReport, PrivacySubject
from metaextract_extractor.domain.result import Field, Standard
from metaextract_extractor.reading.evidence import Evidence


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
        r"(Camera)?(Make|Model(Name)?)|Camera(Model)?ID|UniqueCameraModel|LensModel|LensMake|Software|CreatorTool"
        r"|HostComputer|DeviceM(ake|odel)",
        "The model of the device and its software are named.",
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

_EMPTY: Final = frozenset({"", "0", "0000000000", "unknown", "none", "(none)", "n/a", "not set", "undefined"})
_NOT_THE_FILE: Final = frozenset({Standard.COMPOSITE, Standard.FILE, Standard.ICC})
"""Computed values repeat others; a colour profile tells of its own maker."""

_PICTURES: Final = re.compile(
    r"Length|Offset|Size|Width|Height|Type|Format|Valid|Quality|Start|Compression|Name"
)


def privacy(evidence: Evidence) -> PrivacyReport:
    """Say what the file gives away, the most telling first."""
    named: defaultdict[_Rule, dict[str, None]] = defaultdict(dict)
    for field in evidence.fields:
        rule = _rule_of(field)
        if rule is not None:
            named[rule][f"{field.group}:{field.name}"] = None
    findings = tuple(
        PrivacyFinding(rule.subject, rule.exact, rule.statement, tuple(named[rule]))
        for rule in sorted(named, key=lambda rule: (not rule.exact, _RULES.index(rule)))
    )
    return PrivacyReport(findings, sum(len(one.fields) for one in findings))


def identified_by(field: Field) -> tuple[PrivacySubject, bool] | None:
    """Return what the field identifies, and whether it alone is enough; None if nothing."""
    rule = _rule_of(field)
    return (rule.subject, rule.exact) if rule is not None else None


def _rule_of(field: Field) -> _Rule | None:
    if field.standard in _NOT_THE_FILE or field.printed.strip().casefold() in _EMPTY:
        return None
    rule = next((rule for rule in _RULES if rule.names.fullmatch(field.name)), None)
    if rule is not None and rule.subject is PrivacySubject.PICTURE and _PICTURES.search(field.name):
        return None  # a number about a picture is none
    return rule
