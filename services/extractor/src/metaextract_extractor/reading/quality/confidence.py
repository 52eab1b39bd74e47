"""confidence_score: how probable it is that an independent, conformant reader finds the same values."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from metaextract_extractor.domain.quality import Confidence, Conflict, ReadValue
from metaextract_extractor.domain.result import Agreement, Field
from metaextract_extractor.reading.evidence import Evidence
from metaextract_extractor.reading.quality.calibration import Calibration
from metaextract_extractor.reading.quality.witnesses import Witnessed, source_of, testimonies, witnessed

CONFLICTS_MAX: Final = 100
VALUE_CHARACTERS_MAX: Final = 256

_EXIF_GROUPS: Final = frozenset({"IFD0", "ExifIFD", "GPS"})
_KEY_EXIF: Final = frozenset(
    {
        "DateTimeOriginal",
        "CreateDate",
        "GPSLatitude",
        "GPSLongitude",
        "GPSLatitudeRef",
        "GPSLongitudeRef",
        "Make",
        "Model",
        "Orientation",
    }
)
_KEY_ANYWHERE: Final = frozenset({"ImageWidth", "ImageHeight"})
_SIZE_GROUPS: Final = frozenset(
    {"File", "PNG", "GIF", "RIFF", "IFD0", "Meta", "HEIF", "Photoshop", "Jpeg2000"}
)


def is_key_field(field: Field) -> bool:
    """Whether a field tells time, position, make, model, orientation or dimensions of the main image."""
    return field.occurrence == 0 and (
        (field.group in _EXIF_GROUPS and field.name in _KEY_EXIF)
        or (field.group in _SIZE_GROUPS and field.name in _KEY_ANYWHERE)
    )


def assess_confidence(evidence: Evidence, table: Calibration) -> Confidence:
    """Weigh each field against what other engines read, and set `Field.agreement` of those that have any.

    `evidence.fields` is changed in place: witnessed fields get their agreement.
    """
    found = witnessed(evidence.fields, testimonies(evidence))
    evidence.fields[:] = [_with_agreement(one, table) for one in found]
    seen = [one for one in found if one.witnesses_count]
    sure = [_estimate(one, table) for one in seen]
    keys = [_estimate(one, table) for one in seen if is_key_field(one.field)]
    conflicts = [one for one in seen if one.disagreeing]
    return Confidence(
        score=sum(sure) / len(sure) if sure else None,
        key_fields_confidence=min(keys, default=None),
        witnessed=len(seen) / len(found) if found else None,
        fields_count=len(found),
        witnessed_count=len(seen),
        agreed_count=len(seen) - len(conflicts),
        conflicts_count=len(conflicts),
        conflicts=_conflicts(conflicts, table),
        witnesses=tuple(sorted({one.engine for two in seen for one in (*two.agreeing, *two.disagreeing)})),
        calibration_version=table.version,
    )


def _estimate(one: Witnessed, table: Calibration) -> float:
    return table.estimate(one.witnesses_count, len(one.agreeing), source_of(one.field))


def _with_agreement(one: Witnessed, table: Calibration) -> Field:
    if not one.witnesses_count:
        return one.field
    agreement = Agreement(one.witnesses_count, len(one.agreeing), _estimate(one, table))
    return replace(one.field, agreement=agreement)


def _conflicts(found: Iterable[Witnessed], table: Calibration) -> tuple[Conflict, ...]:
    told = [
        Conflict(
            path=one.field.path,
            group=one.field.group,
            name=one.field.name,
            occurrence=one.field.occurrence,
            values=tuple(map(_read_value, (one.field, *one.disagreeing, *one.agreeing))),
            confidence=_estimate(one, table),
        )
        for one in found
    ]
    return tuple(sorted(told, key=lambda conflict: conflict.confidence)[:CONFLICTS_MAX])


def _read_value(field: Field) -> ReadValue:
    return ReadValue(
        field.engine, str(field.raw)[:VALUE_CHARACTERS_MAX], field.printed[:VALUE_CHARACTERS_MAX]
    )
