"""What the numbers and letters of Exif, TIFF and DNG values stand for.

Sources: Exif 3.0 (CIPA DC-008-2023) chapter 4.6; TIFF 6.0 and its supplements; TIFF/EP (ISO 12234-2); Adobe
DNG 1.7.1; the wording is that of ExifTool 13.59, so that both readers say the same. Keys are the value as
text.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

INTEROP_INDEX: Final[Mapping[str, str]] = MappingProxyType(
    {
        "R03": "R03 - DCF option file (Adobe RGB)",
        "R98": "R98 - DCF basic file (sRGB)",
        "THM": "THM - DCF thumbnail file",
    }
)
SUBFILE_TYPE: Final[Mapping[str, str]] = MappingProxyType(
    {
        "0": "Full-resolution image",
        "1": "Reduced-resolution image",
        "2": "Single page of multi-page image",
        "3": "Single page of multi-page reduced-resolution image",
        "4": "Transparency mask",
        "5": "Transparency mask of reduced-resolution image",
        "6": "Transparency mask of multi-page image",
        "7": "Transparency mask of reduced-resolution multi-page image",
        "8": "Depth map",
        "9": "Depth map of reduced-resolution image",
        "16": "Enhanced image data",
        "65537": "Alternate reduced-resolution image",
        "65540": "Semantic Mask",
        "4294967295": "invalid",
    }
)
SUBFILE_TYPE_BITS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "0": "Reduced resolution",
        "1": "Single page",
        "2": "Transparency mask",
        "3": "TIFF/IT final page",
        "4": "TIFF-FX mixed raster content",
    }
)
OLD_SUBFILE_TYPE: Final[Mapping[str, str]] = MappingProxyType(
    {
        "1": "Full-resolution image",
        "2": "Reduced-resolution image",
        "3": "Single page of multi-page image",
    }
)
COMPRESSION: Final[Mapping[str, str]] = MappingProxyType(
    {
        "1": "Uncompressed",
        "2": "CCITT 1D",
        "3": "T4/Group 3 Fax",
        "4": "T6/Group 4 Fax",
        "5": "LZW",
        "6": "JPEG (old-style)",
        "7": "JPEG",
        "8": "Adobe Deflate",
        "9": "JBIG B&W or VC-5",
        "10": "JBIG Color",
        "99": "JPEG",
        "262": "Kodak 262",
        "32766": "NeXt or Sony ARW Compressed 2",
        "32767": "Sony ARW Compressed",
        "32769": "Packed RAW",
        "32770": "Samsung SRW Compressed",
        "32771": "CCIRLEW",
        "32772": "Samsung SRW Compressed 2",
        "32773": "PackBits",
        "32809": "Thunderscan",
        "32867": "Kodak KDC Compressed",
        "32895": "IT8CTPAD",
        "32896": "IT8LW",
        "32897": "IT8MP",
        "32898": "IT8BL",
        "32908": "PixarFilm",
        "32909": "PixarLog",
        "32946": "Deflate",
        "32947": "DCS",
        "33003": "Aperio JPEG 2000 YCbCr",
        "33005": "Aperio JPEG 2000 RGB",
        "34661": "JBIG",
        "34676": "SGILog",
        "34677": "SGILog24",
        "34712": "JPEG 2000",
        "34713": "Nikon NEF Compressed",
        "34715": "JBIG2 TIFF FX",
        "34718": "Microsoft Document Imaging (MDI) Binary Level Codec",
        "34719": "Microsoft Document Imaging (MDI) Progressive Transform Codec",
        "34720": "Microsoft Document Imaging (MDI) Vector",
        "34887": "ESRI Lerc",
        "34892": "Lossy JPEG",
        "34925": "LZMA2",
        "34926": "Zstd (old)",
        "34927": "WebP (old)",
        "34933": "PNG",
        "34934": "JPEG XR",
        "50000": "Zstd",
        "50001": "WebP",
        "50002": "JPEG XL (old)",
        "52546": "JPEG XL",
        "65000": "Kodak DCR Compressed",
        "65535": "Pentax PEF Compressed",
    }
)
PHOTOMETRIC_INTERPRETATION: Final[Mapping[str, str]] = MappingProxyType(
    {
        "0": "WhiteIsZero",
        "1": "BlackIsZero",
        "2": "RGB",
        "3": "RGB Palette",
        "4": "Transparency Mask",
        "5": "CMYK",
        "6": "YCbCr",
        "8": "CIELab",
        "9": "ICCLab",
        "10": "ITULab",
        "32803": "Color Filter Array",
        "32844": "Pixar LogL",
        "32845": "Pixar LogLuv",
        "32892": "Sequential Color Filter",
        "34892": "Linear Raw",
        "51177": "Depth Map",
        "52527": "Semantic Mask",
    }
)
THRESHOLDING: Final[Mapping[str, str]] = MappingProxyType(
    {
        "1": "No dithering or halftoning",
        "2": "Ordered dither or halftone",
        "3": "Randomized dither",
    }
)
FILL_ORDER: Final[Mapping[str, str]] = MappingProxyType(
    {
        "1": "Normal",
        "2": "Reversed",
    }
)
ORIENTATION: Final[Mapping[str, str]] = MappingProxyType(
    {
        "1": "Horizontal (normal)",
        "2": "Mirror horizontal",
        "3": "Rotate 180",
        "4": "Mirror vertical",
        "5": "Mirror horizontal and rotate 270 CW",
        "6": "Rotate 90 CW",
        "7": "Mirror horizontal and rotate 90 CW",
        "8": "Rotate 270 CW",
    }
)
PLANAR_CONFIGURATION: Final[Mapping[str, str]] = MappingProxyType(
    {
        "1": "Chunky",
        "2": "Planar",
    }
)
GRAY_RESPONSE_UNIT: Final[Mapping[str, str]] = MappingProxyType(
    {
        "1": "0.1",
        "2": "0.001",
        "3": "0.0001",
        "4": "1e-05",
        "5": "1e-06",
    }
)
T4_OPTIONS_BITS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "0": "2-Dimensional encoding",
        "1": "Uncompressed",
        "2": "Fill bits added",
    }
)
T6_OPTIONS_BITS: Final[Mapping[str, str]] = MappingProxyType({"1": "Uncompressed"})
RESOLUTION_UNIT: Final[Mapping[str, str]] = MappingProxyType(
    {
        "1": "None",
        "2": "inches",
        "3": "cm",
    }
)
PREDICTOR: Final[Mapping[str, str]] = MappingProxyType(
    {
        "1": "None",
        "2": "Horizontal differencing",
        "3": "Floating point",
        "34892": "Horizontal difference X2",
        "34893": "Horizontal difference X4",
        "34894": "Floating point X2",
        "34895": "Floating point X4",
    }
)
CLEAN_FAX_DATA: Final[Mapping[str, str]] = MappingProxyType(
    {
        "0": "Clean",
        "1": "Regenerated",
        "2": "Unclean",
    }
)
INK_SET: Final[Mapping[str, str]] = MappingProxyType(
    {
        "1": "CMYK",
        "2": "Not CMYK",
    }
)
EXTRA_SAMPLES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "0": "Unspecified",
        "1": "Associated Alpha",
        "2": "Unassociated Alpha",
    }
)
SAMPLE_FORMAT: Final[Mapping[str, str]] = MappingProxyType(
    {
        "1": "Unsigned",
        "2": "Signed",
        "3": "Float",
        "4": "Undefined",
        "5": "Complex int",
        "6": "Complex float",
    }
)
INDEXED: Final[Mapping[str, str]] = MappingProxyType(
    {
        "0": "Not indexed",
        "1": "Indexed",
    }
)
OPIPROXY: Final[Mapping[str, str]] = MappingProxyType(
    {
        "0": "Higher resolution image does not exist",
        "1": "Higher resolution image exists",
    }
)
PROFILE_TYPE: Final[Mapping[str, str]] = MappingProxyType(
    {
        "0": "Unspecified",
        "1": "Group 3 FAX",
    }
)
FAX_PROFILE: Final[Mapping[str, str]] = MappingProxyType(
    {
        "0": "Unknown",
        "1": "Minimal B&W lossless, S",
        "2": "Extended B&W lossless, F",
        "3": "Lossless JBIG B&W, J",
        "4": "Lossy color and grayscale, C",
        "5": "Lossless color and grayscale, L",
        "6": "Mixed raster content, M",
        "7": "Profile T",
        "255": "Multi Profiles",
    }
)
CODING_METHODS_BITS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "0": "Unspecified compression",
        "1": "Modified Huffman",
        "2": "Modified Read",
        "3": "Modified MR",
        "4": "JBIG",
        "5": "Baseline JPEG",
        "6": "JBIG color",
    }
)
JPEGPROC: Final[Mapping[str, str]] = MappingProxyType(
    {
        "1": "Baseline",
        "14": "Lossless",
    }
)
YCB_CR_SUB_SAMPLING: Final[Mapping[str, str]] = MappingProxyType(
    {
        "1 1": "YCbCr4:4:4 (1 1)",
        "1 2": "YCbCr4:4:0 (1 2)",
        "1 4": "YCbCr4:4:1 (1 4)",
        "2 1": "YCbCr4:2:2 (2 1)",
        "2 2": "YCbCr4:2:0 (2 2)",
        "2 4": "YCbCr4:2:1 (2 4)",
        "4 1": "YCbCr4:1:1 (4 1)",
        "4 2": "YCbCr4:1:0 (4 2)",
    }
)
YCB_CR_POSITIONING: Final[Mapping[str, str]] = MappingProxyType(
    {
        "1": "Centered",
        "2": "Co-sited",
    }
)
RENDERING_INTENT: Final[Mapping[str, str]] = MappingProxyType(
    {
        "0": "Perceptual",
        "1": "Relative Colorimetric",
        "2": "Saturation",
        "3": "Absolute colorimetric",
    }
)
SONY_RAW_FILE_TYPE: Final[Mapping[str, str]] = MappingProxyType(
    {
        "0": "Sony Uncompressed 14-bit RAW",
        "1": "Sony Uncompressed 12-bit RAW",
        "2": "Sony Compressed RAW",
        "3": "Sony Lossless Compressed RAW",
        "4": "Sony Lossless Compressed RAW 2",
        "6": "Sony Compressed RAW 2",
    }
)
VIGNETTING_CORRECTION: Final[Mapping[str, str]] = MappingProxyType(
    {
        "256": "Off",
        "257": "Auto",
        "272": "Auto (ILCE-1)",
        "511": "No correction params available",
    }
)
CHROMATIC_ABERRATION_CORRECTION: Final[Mapping[str, str]] = MappingProxyType(
    {
        "0": "Off",
        "1": "Auto",
        "255": "No correction params available",
    }
)
DISTORTION_CORRECTION: Final[Mapping[str, str]] = MappingProxyType(
    {
        "0": "Off",
        "1": "Auto",
        "17": "Auto fixed by lens",
        "255": "No correction params available",
    }
)
RASTER_PADDING: Final[Mapping[str, str]] = MappingProxyType(
    {
        "0": "Byte",
        "1": "Word",
        "2": "Long Word",
        "9": "Sector",
        "10": "Long Sector",
    }
)
IMAGE_COLOR_INDICATOR: Final[Mapping[str, str]] = MappingProxyType(
    {
        "0": "Unspecified Image Color",
        "1": "Specified Image Color",
    }
)
BACKGROUND_COLOR_INDICATOR: Final[Mapping[str, str]] = MappingProxyType(
    {
        "0": "Unspecified Background Color",
        "1": "Specified Background Color",
    }
)
HCUSAGE: Final[Mapping[str, str]] = MappingProxyType(
    {
        "0": "CT",
        "1": "Line Art",
        "2": "Trap",
    }
)
TIFF_FXEXTENSIONS_BITS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "0": "Resolution/Image Width",
        "1": "N Layer Profile M",
        "2": "Shared Data",
        "3": "B&W JBIG2",
        "4": "JBIG2 Profile M",
    }
)
MULTI_PROFILES_BITS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "0": "Profile S",
        "1": "Profile F",
        "2": "Profile J",
        "3": "Profile C",
        "4": "Profile L",
        "5": "Profile M",
        "6": "Profile T",
        "7": "Resolution/Image Width",
        "8": "N Layer Profile M",
        "9": "Shared Data",
        "10": "JBIG2 Profile M",
    }
)
EXPOSURE_PROGRAM: Final[Mapping[str, str]] = MappingProxyType(
    {
        "0": "Not Defined",
        "1": "Manual",
        "2": "Program AE",
        "3": "Aperture-priority AE",
        "4": "Shutter speed priority AE",
        "5": "Creative (Slow speed)",
        "6": "Action (High speed)",
        "7": "Portrait",
        "8": "Landscape",
        "9": "Bulb",
    }
)
SENSITIVITY_TYPE: Final[Mapping[str, str]] = MappingProxyType(
    {
        "0": "Unknown",
        "1": "Standard Output Sensitivity",
        "2": "Recommended Exposure Index",
        "3": "ISO Speed",
        "4": "Standard Output Sensitivity and Recommended Exposure Index",
        "5": "Standard Output Sensitivity and ISO Speed",
        "6": "Recommended Exposure Index and ISO Speed",
        "7": "Standard Output Sensitivity, Recommended Exposure Index and ISO Speed",
    }
)
COMPONENTS_CONFIGURATION: Final[Mapping[str, str]] = MappingProxyType(
    {
        "0": "-",
        "1": "Y",
        "2": "Cb",
        "3": "Cr",
        "4": "R",
        "5": "G",
        "6": "B",
    }
)
METERING_MODE: Final[Mapping[str, str]] = MappingProxyType(
    {
        "0": "Unknown",
        "1": "Average",
        "2": "Center-weighted average",
        "3": "Spot",
        "4": "Multi-spot",
        "5": "Multi-segment",
        "6": "Partial",
        "255": "Other",
    }
)
LIGHT_SOURCE: Final[Mapping[str, str]] = MappingProxyType(
    {
        "0": "Unknown",
        "1": "Daylight",
        "2": "Fluorescent",
        "3": "Tungsten (Incandescent)",
        "4": "Flash",
        "9": "Fine Weather",
        "10": "Cloudy",
        "11": "Shade",
        "12": "Daylight Fluorescent",
        "13": "Day White Fluorescent",
        "14": "Cool White Fluorescent",
        "15": "White Fluorescent",
        "16": "Warm White Fluorescent",
        "17": "Standard Light A",
        "18": "Standard Light B",
        "19": "Standard Light C",
        "20": "D55",
        "21": "D65",
        "22": "D75",
        "23": "D50",
        "24": "ISO Studio Tungsten",
        "25": "Daylight",
        "26": "Day White",
        "27": "Cool White",
        "28": "White",
        "29": "Warm White",
        "30": "Daylight LED",
        "31": "Day White LED",
        "32": "Cool White LED",
        "33": "White LED",
        "34": "Warm White LED",
        "255": "Other",
    }
)
FLASH: Final[Mapping[str, str]] = MappingProxyType(
    {
        "0": "No Flash",
        "1": "Fired",
        "5": "Fired, Return not detected",
        "7": "Fired, Return detected",
        "8": "On, Did not fire",
        "9": "On, Fired",
        "13": "On, Return not detected",
        "15": "On, Return detected",
        "16": "Off, Did not fire",
        "20": "Off, Did not fire, Return not detected",
        "24": "Auto, Did not fire",
        "25": "Auto, Fired",
        "29": "Auto, Fired, Return not detected",
        "31": "Auto, Fired, Return detected",
        "32": "No flash function",
        "48": "Off, No flash function",
        "65": "Fired, Red-eye reduction",
        "69": "Fired, Red-eye reduction, Return not detected",
        "71": "Fired, Red-eye reduction, Return detected",
        "73": "On, Red-eye reduction",
        "77": "On, Red-eye reduction, Return not detected",
        "79": "On, Red-eye reduction, Return detected",
        "80": "Off, Red-eye reduction",
        "88": "Auto, Did not fire, Red-eye reduction",
        "89": "Auto, Fired, Red-eye reduction",
        "93": "Auto, Fired, Red-eye reduction, Return not detected",
        "95": "Auto, Fired, Red-eye reduction, Return detected",
    }
)
FOCAL_PLANE_RESOLUTION_UNIT: Final[Mapping[str, str]] = MappingProxyType(
    {
        "1": "None",
        "2": "inches",
        "3": "cm",
        "4": "mm",
        "5": "um",
    }
)
SECURITY_CLASSIFICATION: Final[Mapping[str, str]] = MappingProxyType(
    {
        "C": "Confidential",
        "R": "Restricted",
        "S": "Secret",
        "T": "Top Secret",
        "U": "Unclassified",
    }
)
SENSING_METHOD: Final[Mapping[str, str]] = MappingProxyType(
    {
        "1": "Monochrome area",
        "2": "One-chip color area",
        "3": "Two-chip color area",
        "4": "Three-chip color area",
        "5": "Color sequential area",
        "6": "Monochrome linear",
        "7": "Trilinear",
        "8": "Color sequential linear",
    }
)
COLOR_SPACE: Final[Mapping[str, str]] = MappingProxyType(
    {
        "1": "sRGB",
        "2": "Adobe RGB",
        "65533": "Wide Gamut RGB",
        "65534": "ICC Profile",
        "65535": "Uncalibrated",
    }
)
SENSING_METHOD_2: Final[Mapping[str, str]] = MappingProxyType(
    {
        "1": "Not defined",
        "2": "One-chip color area",
        "3": "Two-chip color area",
        "4": "Three-chip color area",
        "5": "Color sequential area",
        "7": "Trilinear",
        "8": "Color sequential linear",
    }
)
FILE_SOURCE: Final[Mapping[str, str]] = MappingProxyType(
    {
        "1": "Film Scanner",
        "2": "Reflection Print Scanner",
        "3": "Digital Camera",
        "\x03\0\0\0": "Sigma Digital Camera",
    }
)
SCENE_TYPE: Final[Mapping[str, str]] = MappingProxyType({"1": "Directly photographed"})
CUSTOM_RENDERED: Final[Mapping[str, str]] = MappingProxyType(
    {
        "0": "Normal",
        "1": "Custom",
        "2": "HDR (no original saved)",
        "3": "HDR (original saved)",
        "4": "Original (for HDR)",
        "6": "Panorama",
        "7": "Portrait HDR",
        "8": "Portrait",
    }
)
EXPOSURE_MODE: Final[Mapping[str, str]] = MappingProxyType(
    {
        "0": "Auto",
        "1": "Manual",
        "2": "Auto bracket",
    }
)
WHITE_BALANCE: Final[Mapping[str, str]] = MappingProxyType(
    {
        "0": "Auto",
        "1": "Manual",
    }
)
SCENE_CAPTURE_TYPE: Final[Mapping[str, str]] = MappingProxyType(
    {
        "0": "Standard",
        "1": "Landscape",
        "2": "Portrait",
        "3": "Night",
        "4": "Other",
    }
)
GAIN_CONTROL: Final[Mapping[str, str]] = MappingProxyType(
    {
        "0": "None",
        "1": "Low gain up",
        "2": "High gain up",
        "3": "Low gain down",
        "4": "High gain down",
    }
)
CONTRAST: Final[Mapping[str, str]] = MappingProxyType(
    {
        "0": "Normal",
        "1": "Low",
        "2": "High",
    }
)
SHARPNESS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "0": "Normal",
        "1": "Soft",
        "2": "Hard",
    }
)
SUBJECT_DISTANCE_RANGE: Final[Mapping[str, str]] = MappingProxyType(
    {
        "0": "Unknown",
        "1": "Macro",
        "2": "Close",
        "3": "Distant",
    }
)
DISTORTION_CORRECTION_2: Final[Mapping[str, str]] = MappingProxyType(
    {
        "0": "No",
        "1": "Yes",
    }
)
COMPOSITE_IMAGE: Final[Mapping[str, str]] = MappingProxyType(
    {
        "0": "Unknown",
        "1": "Not a Composite Image",
        "2": "General Composite Image",
        "3": "Composite Image Captured While Shooting",
    }
)
TRANSFORMATION: Final[Mapping[str, str]] = MappingProxyType(
    {
        "0": "Horizontal (normal)",
        "1": "Mirror vertical",
        "2": "Mirror horizontal",
        "3": "Rotate 180",
        "4": "Rotate 90 CW",
        "5": "Mirror horizontal and rotate 90 CW",
        "6": "Mirror horizontal and rotate 270 CW",
        "7": "Rotate 270 CW",
    }
)
IMAGE_TYPE_BITS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "0": "Preview",
        "1": "Page",
    }
)
IMAGE_DATA_DISCARD: Final[Mapping[str, str]] = MappingProxyType(
    {
        "0": "Full Resolution",
        "1": "Flexbits Discarded",
        "2": "HighPass Frequency Data Discarded",
        "3": "Highpass and LowPass Frequency Data Discarded",
    }
)
USPTOORIGINAL_CONTENT_TYPE: Final[Mapping[str, str]] = MappingProxyType(
    {
        "0": "Text or Drawing",
        "1": "Grayscale",
        "2": "Color",
    }
)
CFALAYOUT: Final[Mapping[str, str]] = MappingProxyType(
    {
        "1": "Rectangular",
        "2": "Even columns offset down 1/2 row",
        "3": "Even columns offset up 1/2 row",
        "4": "Even rows offset right 1/2 column",
        "5": "Even rows offset left 1/2 column",
        "6": "Even rows offset up by 1/2 row, even columns offset left by 1/2 column",
        "7": "Even rows offset up by 1/2 row, even columns offset right by 1/2 column",
        "8": "Even rows offset down by 1/2 row, even columns offset left by 1/2 column",
        "9": "Even rows offset down by 1/2 row, even columns offset right by 1/2 column",
    }
)
MAKER_NOTE_SAFETY: Final[Mapping[str, str]] = MappingProxyType(
    {
        "0": "Unsafe",
        "1": "Safe",
    }
)
COLORIMETRIC_REFERENCE: Final[Mapping[str, str]] = MappingProxyType(
    {
        "0": "Scene-referred",
        "1": "Output-referred (ICC Profile Dynamic Range)",
        "2": "Output-referred (High Dyanmic Range)",
    }
)
PROFILE_EMBED_POLICY: Final[Mapping[str, str]] = MappingProxyType(
    {
        "0": "Allow Copying",
        "1": "Embed if Used",
        "2": "Never Embed",
        "3": "No Restrictions",
    }
)
PREVIEW_COLOR_SPACE: Final[Mapping[str, str]] = MappingProxyType(
    {
        "0": "Unknown",
        "1": "Gray Gamma 2.2",
        "2": "sRGB",
        "3": "Adobe RGB",
        "4": "ProPhoto RGB",
    }
)
PROFILE_HUE_SAT_MAP_ENCODING: Final[Mapping[str, str]] = MappingProxyType(
    {
        "0": "Linear",
        "1": "sRGB",
    }
)
DEFAULT_BLACK_RENDER: Final[Mapping[str, str]] = MappingProxyType(
    {
        "0": "Auto",
        "1": "None",
    }
)
DEPTH_FORMAT: Final[Mapping[str, str]] = MappingProxyType(
    {
        "0": "Unknown",
        "1": "Linear",
        "2": "Inverse",
    }
)
DEPTH_UNITS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "0": "Unknown",
        "1": "Meters",
    }
)
DEPTH_MEASURE_TYPE: Final[Mapping[str, str]] = MappingProxyType(
    {
        "0": "Unknown",
        "1": "Optical Axis",
        "2": "Optical Ray",
    }
)
GPSLATITUDE_REF: Final[Mapping[str, str]] = MappingProxyType(
    {
        "N": "North",
        "S": "South",
    }
)
GPSLONGITUDE_REF: Final[Mapping[str, str]] = MappingProxyType(
    {
        "E": "East",
        "W": "West",
    }
)
GPSALTITUDE_REF: Final[Mapping[str, str]] = MappingProxyType(
    {
        "0": "Above Sea Level",
        "1": "Below Sea Level",
        "2": "Positive Sea Level (sea-level ref)",
        "3": "Negative Sea Level (sea-level ref)",
    }
)
GPSSTATUS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "A": "Measurement Active",
        "V": "Measurement Void",
    }
)
GPSMEASURE_MODE: Final[Mapping[str, str]] = MappingProxyType(
    {
        "2": "2-Dimensional Measurement",
        "3": "3-Dimensional Measurement",
    }
)
GPSSPEED_REF: Final[Mapping[str, str]] = MappingProxyType(
    {
        "K": "km/h",
        "M": "mph",
        "N": "knots",
    }
)
GPSTRACK_REF: Final[Mapping[str, str]] = MappingProxyType(
    {
        "M": "Magnetic North",
        "T": "True North",
    }
)
GPSDEST_DISTANCE_REF: Final[Mapping[str, str]] = MappingProxyType(
    {
        "K": "Kilometers",
        "M": "Miles",
        "N": "Nautical Miles",
    }
)
GPSDIFFERENTIAL: Final[Mapping[str, str]] = MappingProxyType(
    {
        "0": "No Correction",
        "1": "Differential Corrected",
    }
)
