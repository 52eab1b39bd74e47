"""Plain tags of maker notes that exifread reads as they are stored, with the names of the primary engine.

Only tags whose stored value is the raw value of ExifTool 13.59, and only the kinds of note whose layout
exifread knows: it takes others for these, which `HEADERS` prevents.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

MAKERS: Final = (
    ("NIKON", "Nikon"),
    ("OLYMPUS", "Olympus"),
    ("CASIO", "Casio"),
    ("Casio", "Casio"),
    ("SONY", "Sony"),
    ("FUJIFILM", "FujiFilm"),
    ("Apple", "Apple"),
    ("Canon", "Canon"),
)
"""Words in the Exif tag Make, and the group of the note."""

HEADERS: Final[Mapping[str, tuple[bytes, bool]]] = MappingProxyType({
    "Nikon": (b"Nikon\0\2", True),
    "Olympus": (b"OLYMP\0", True),
    "Casio": (b"QVC\0", False),
    "Sony": (b"SONY", False),
    "FujiFilm": (b"FUJIFILM", True),
    "Apple": (b"Apple iOS\0", True),
})  # fmt: skip
"""How a note begins, and whether exifread reads those that begin so (or only the others)."""

NAMES: Final[Mapping[str, Mapping[int, str]]] = MappingProxyType({
    "Apple": {
        0x0001: "MakerNoteVersion", 0x0004: "AEStable", 0x0005: "AETarget", 0x0006: "AEAverage",
        0x0007: "AFStable", 0x000F: "OISMode", 0x0014: "ImageCaptureType", 0x0017: "LivePhotoVideoIndex",
        0x001F: "PhotosAppFeatureFlags", 0x002D: "ColorTemperature", 0x002E: "CameraType",
        0x002F: "FocusPosition", 0x0038: "AFMeasuredDepth", 0x003D: "AFConfidence",
    },
    "Canon": {
        0x0006: "CanonImageType", 0x0007: "CanonFirmwareVersion", 0x0008: "FileNumber", 0x0009: "OwnerName",
        0x000C: "SerialNumber", 0x0010: "CanonModelID", 0x0013: "ThumbnailImageValidArea",
        0x0015: "SerialNumberFormat", 0x001A: "SuperMacro", 0x00AE: "ColorTemperature",
        0x00B4: "ColorSpace", 0x0095: "LensModel",
    },
    "Casio": {
        0x0001: "RecordingMode", 0x0002: "Quality", 0x0003: "FocusMode", 0x0004: "FlashMode",
        0x0005: "FlashIntensity", 0x0007: "WhiteBalance", 0x000A: "DigitalZoom", 0x000B: "Sharpness",
        0x000C: "Contrast", 0x000D: "Saturation", 0x0014: "ISO",
    },
    "FujiFilm": {
        0x1000: "Quality", 0x1001: "Sharpness", 0x1002: "WhiteBalance", 0x1003: "Saturation",
        0x1004: "Contrast", 0x100A: "WhiteBalanceFineTune", 0x100E: "NoiseReduction",
        0x1010: "FujiFlashMode", 0x1011: "FlashExposureComp", 0x1020: "Macro", 0x1021: "FocusMode",
        0x1022: "AFMode", 0x1023: "FocusPixel", 0x1030: "SlowSync", 0x1031: "PictureMode",
        0x1032: "ExposureCount", 0x1040: "ShadowTone", 0x1041: "HighlightTone",
        0x1045: "LensModulationOptimizer", 0x1047: "GrainEffectRoughness", 0x1048: "ColorChromeEffect",
        0x104D: "CropMode", 0x1050: "ShutterType", 0x1100: "AutoBracketing", 0x1101: "SequenceNumber",
        0x1300: "BlurWarning", 0x1301: "FocusWarning", 0x1302: "ExposureWarning", 0x1400: "DynamicRange",
        0x1401: "FilmMode", 0x1404: "MinFocalLength", 0x1405: "MaxFocalLength",
        0x1406: "MaxApertureAtMinFocal", 0x1407: "MaxApertureAtMaxFocal", 0x1422: "ImageStabilization",
        0x1431: "Rating", 0x1436: "ImageGeneration", 0x1443: "DRangePriority",
        0x1445: "DRangePriorityFixed", 0x1446: "FlickerReduction", 0x1447: "FujiModel",
        0x1448: "FujiModel2", 0x4100: "FacesDetected", 0x4200: "NumFaceElements",
    },
    "Nikon": {
        0x0002: "ISO", 0x0003: "ColorMode", 0x0004: "Quality", 0x0005: "WhiteBalance", 0x0006: "Sharpness",
        0x0007: "FocusMode", 0x0008: "FlashSetting", 0x0009: "FlashType", 0x000B: "WhiteBalanceFineTune",
        0x000C: "WB_RBLevels", 0x0013: "ISOSetting", 0x0016: "ImageBoundary",
        0x0019: "ExposureBracketValue", 0x001D: "SerialNumber", 0x001E: "ColorSpace",
        0x0022: "ActiveD-Lighting", 0x0081: "ToneComp", 0x0083: "LensType", 0x0084: "Lens",
        0x0087: "FlashMode", 0x0089: "ShootingMode", 0x008D: "ColorHue", 0x0090: "LightSource",
        0x0092: "HueAdjustment", 0x0093: "NEFCompression", 0x0095: "NoiseReduction",
        0x0099: "RawImageCenter", 0x009A: "SensorPixelSize", 0x009D: "DateStampMode",
        0x00A2: "ImageDataSize", 0x00A5: "ImageCount", 0x00A6: "DeletedImageCount", 0x00A7: "ShutterCount",
        0x00A9: "ImageOptimization", 0x00AA: "Saturation", 0x00AB: "VariProgram",
        0x00B1: "HighISONoiseReduction",
    },
    "Olympus": {
        0x0200: "SpecialMode", 0x0201: "Quality", 0x0202: "Macro", 0x0203: "BWMode", 0x0204: "DigitalZoom",
        0x0205: "FocalPlaneDiagonal", 0x0206: "LensDistortionParams", 0x0207: "CameraType",
        0x0300: "PreCaptureFrames", 0x0301: "WhiteBoard", 0x0302: "OneTouchWB",
        0x0303: "WhiteBalanceBracket", 0x0304: "WhiteBalanceBias", 0x1003: "BrightnessValue",
        0x1004: "FlashMode", 0x1005: "FlashDevice", 0x1006: "ExposureCompensation",
        0x1009: "LightCondition", 0x100A: "FocusRange", 0x100B: "FocusMode", 0x100C: "ManualFocusDistance",
        0x100D: "ZoomStepCount", 0x100E: "FocusStepCount", 0x100F: "Sharpness", 0x1010: "FlashChargeLevel",
        0x1012: "BlackLevel", 0x1015: "WBMode", 0x101A: "SerialNumber", 0x1023: "FlashExposureComp",
        0x1026: "ExternalFlashBounce", 0x1027: "ExternalFlashZoom", 0x1028: "ExternalFlashMode",
        0x1029: "Contrast", 0x102A: "SharpnessFactor", 0x102B: "ColorControl", 0x102C: "ValidBits",
        0x102D: "CoringFilter", 0x102E: "OlympusImageWidth", 0x102F: "OlympusImageHeight",
        0x1030: "SceneDetect", 0x103B: "FocusStepInfinity", 0x103C: "FocusStepNear",
        0x103D: "LightValueCenter", 0x103E: "LightValuePeriphery",
    },
    "Sony": {
        0x0102: "Quality", 0x0104: "FlashExposureComp", 0x0105: "Teleconverter",
        0x0112: "WhiteBalanceFineTune", 0x2002: "Rating", 0x2004: "Contrast", 0x2005: "Saturation",
        0x2006: "Sharpness", 0x2009: "HighISONoiseReduction", 0xB000: "FileFormat", 0xB001: "SonyModelID",
        0xB021: "ColorTemperature", 0xB022: "ColorCompensationFilter", 0xB023: "SceneMode",
        0xB024: "ZoneMatching", 0xB025: "DynamicRangeOptimizer", 0xB027: "LensType", 0xB029: "ColorMode",
    },
})  # fmt: skip
"""By group and tag."""
