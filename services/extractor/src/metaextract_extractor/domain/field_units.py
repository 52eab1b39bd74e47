"""Units of standard fields, which ExifTool's lists leave out.

Sources: Exif 3.0 (CIPA DC-008-2023), sections 4.6.5 and 4.6.6; ICC.1:2022, section 7.2.
Of the raw value as the engine tells it, which turns APEX shutter speeds into seconds and degrees, minutes
and seconds into degrees. Only where it is the same in every file: no fields whose unit another field names.
"""

from collections.abc import Mapping
from typing import Final

_EXIF: Final = {
    "ExposureTime": "s",
    "ShutterSpeedValue": "s",
    "BrightnessValue": "APEX",
    "ExposureCompensation": "EV",
    "SubjectDistance": "m",
    "FocalLength": "mm",
    "FocalLengthIn35mmFormat": "mm",
    "FlashEnergy": "BCPS",
    "AmbientTemperature": "°C",
    "Humidity": "%",
    "Pressure": "hPa",
    "WaterDepth": "m",
    "Acceleration": "mGal",
    "CameraElevationAngle": "°",
    "ExifImageWidth": "px",
    "ExifImageHeight": "px",
    "ImageWidth": "px",
    "ImageHeight": "px",
}
_GPS: Final = {
    "GPSLatitude": "°",
    "GPSLongitude": "°",
    "GPSDestLatitude": "°",
    "GPSDestLongitude": "°",
    "GPSAltitude": "m",
    "GPSTrack": "°",
    "GPSImgDirection": "°",
    "GPSDestBearing": "°",
    "GPSHPositioningError": "m",
}
UNITS: Final[Mapping[str, Mapping[str, str]]] = {
    "Exif::Main": _EXIF,
    "GPS::Main": _GPS,
    "XMP::exif": {
        name: unit for name, unit in (_EXIF | _GPS).items() if name not in ("ImageWidth", "ImageHeight")
    },
    "XMP::tiff": {"ImageWidth": "px", "ImageHeight": "px"},
}
"""Table to name to unit."""


def unit(table: str, name: str) -> str:
    """Return the unit of a field's raw value; empty if none is stated."""
    return UNITS.get(table, {}).get(name, "")
