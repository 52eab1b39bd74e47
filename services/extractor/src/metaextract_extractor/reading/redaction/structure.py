"""Which fields a picture cannot be shown or developed without, by group and name of ExifTool.

Sources: TIFF 6.0, parts 1 and 2; DNG 1.7.1, chapter 4; PNG (third edition), 11.2 and 11.3; GIF89a; WebP
container specification; ISO/IEC 15444-1, annex I; Photoshop file formats specification (PSD); Exif 3.0, 4.6.6
and 4.6.8 for the tags that an Exif directory must have.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

_IFD: Final = re.compile(r"(IFD|SubIFD|FujiSubIFD)\d*|FujiIFD|ExifIFD|InteropIFD|IFD0")
_TRACK: Final = re.compile(r"QuickTime|Meta\d*|Track\d+|ItemInfo\w*")

_BASELINE: Final = (
    r"(Old)?SubfileType|Image(Width|Height|Depth)|BitsPerSample|Compression|PhotometricInterpretation|Thresholding"
    r"|Cell(Width|Length)|FillOrder|Strip(Offsets|ByteCounts|RowCounts)|Orientation|SamplesPerPixel|RowsPerStrip"
    r"|S?M(in|ax)SampleValue|[XY](Resolution|Position)|PlanarConfiguration|Free(Offsets|ByteCounts)"
    r"|GrayResponse(Unit|Curve)|T[46]Options|ResolutionUnit|PageNumber|ColorResponseUnit|Transfer(Function|Range)"
    r"|Predictor|WhitePoint|PrimaryChromaticities|ColorMap|HalftoneHints|Tile(Width|Length|Offsets|ByteCounts|Depth)"
    r"|BadFaxLines|CleanFaxData|ConsecutiveBadFaxLines|InkSet|NumberofInks|DotRange|ExtraSamples|SampleFormat"
    r"|Indexed|JPEG(Tables|Proc|RestartInterval|LosslessPredictors|PointTransforms|QTables|DCTables|ACTables)"
    r"|YCbCr(Coefficients|SubSampling|Positioning)|ReferenceBlackWhite|CFA(RepeatPatternDim|Pattern2?)"
)
_EXIF_FRAME: Final = (
    r"ExifVersion|FlashpixVersion|ComponentsConfiguration|ExifImage(Width|Height)|ColorSpace|Gamma"
    r"|Interop(Index|Version)"
)
_RAW: Final = (
    r"Make|Model|UniqueCameraModel|DNG(Backward)?Version|CFA(PlaneColor|Layout)|LinearizationTable"
    r"|(Black|White)Level\w*|Default(Scale|CropOrigin|CropSize|UserCrop|BlackRender)|(ColorMatrix|Camera"
    r"Calibration|ReductionMatrix|CalibrationIlluminant|ForwardMatrix|IlluminantData)[123]|AnalogBalance"
    r"|AsShot(Neutral|WhiteXY|ICCProfile|PreProfileMatrix|ProfileName)|Current(ICCProfile|PreProfileMatrix)"
    r"|Baseline(Exposure|ExposureOffset|Noise|Sharpness)|BayerGreenSplit|LinearResponseLimit|ChromaBlurRadius"
    r"|AntiAliasStrength|ShadowScale|BestQualityScale|ActiveArea|MaskedAreas|ColorimetricReference"
    r"|(Camera|Profile)CalibrationSig|NoiseReductionApplied|Noise(Profile|ReductionParams)|Profile(Name|HueSatMap\w*"
    r"|ToneCurve|EmbedPolicy|LookTable\w*|GainTableMap2?|Dynamic\w*|GroupName|Type)|PreviewColorSpace"
    r"|SubTileBlockSize|(Row|Column)InterleaveFactor|OpcodeList[123]|Original(DefaultFinal|BestQuality|DefaultCrop)"
    r"Size|Depth(Format|Near|Far|Units|MeasureType)|MaskSubArea|RGBTables|JXL(Distance|Effort|DecodeSpeed)|MakerNoteSafety"
    r"|(Sensor|Linearity|HighISO|WB_?|RawData|RawFormat|RawImage|Crop|Distortion|CR2CFA|NumWB|Fuji)\w*"
    r"|PanasonicRaw\w*|SR2Private|ISO"
    r"|(Thumbnail|Preview|JpgFromRaw|OtherImage)(Image|TIFF|JXL)?(Start|Length|Offset)?"
)
_RAW_GROUPS: Final = re.compile(
    r"PanasonicRaw|RAF\d*|MinoltaRaw|MinoltaPRD|MinoltaRIF|SR2\w*|KyoceraRaw|SigmaRaw"
)

_NAMES: Final[Mapping[str, re.Pattern[str]]] = MappingProxyType(
    {
        group: re.compile(names)
        for group, names in {
            "JFIF": r"JFIFVersion|ResolutionUnit|[XY]Resolution",
            "Adobe": r"DCTEncodeVersion|APP14Flags[01]|ColorTransform",
            "PNG": r"Image(Width|Height)|BitDepth|ColorType|Compression|Filter|Interlace|Palette|Transparency"
            r"|Gamma|(WhitePoint|Red|Green|Blue)[XY]|SRGBRendering|SignificantBits|BackgroundColor"
            r"|PaletteHistogram|Animation(Frames|Plays)|StereoMode|VirtualImage(Width|Height)|VirtualPageUnits",
            "PNG-pHYs": r"PixelsPerUnit[XY]|PixelUnits",
            "PNG-cICP": r"\w+",
            "GIF": r"GIFVersion|Image(Width|Height)|HasColorMap|ColorResolutionDepth|BitsPerPixel"
            r"|BackgroundColor|PixelAspectRatio|AnimationIterations|FrameCount|Duration|TransparentColor|DelayTime",
            "RIFF": r"Image(Width|Height)|WebP_Flags|VP8Version|(Horizontal|Vertical)Scale|BackgroundColor"
            r"|AnimationLoopCount|FrameCount|Duration|Alpha\w+",
            "Jpeg2000": r"Image(Width|Height)|NumberOfComponents|BitsPerComponent|Compression|ColorSpace"
            r"|ColorSpec(Method|Precedence|Approximation)|(Capture|Display)[XY]Resolution(Unit)?|MajorBrand"
            r"|MinorVersion|CompatibleBrands|ColorPrimaries|TransferCharacteristics|MatrixCoefficients"
            r"|VideoFullRangeFlag|Palette\w*|ChannelDefinition\w*",
            "Photoshop": r"NumChannels|Image(Width|Height)|BitDepth|ColorMode|Compression|[XY]Resolution"
            r"|DisplayedUnits[XY]|Layer(?!Comps)\w+|AlphaChannelsNames|AlphaIdentifiers|UnicodeAlphaNames"
            r"|TargetLayerID|IDsBaseValue|DisplayInfo|BackgroundColor|QuickMaskInfo|ICC_Untagged|EffectsVisible"
            r"|IndexedColorTableCount|TransparentIndex|AlternateSpotColors|PathInfo\w*|Path\w+|HasRealMergedData|PixelAspectRatio"
            r"|Global(Angle|Altitude)|Print(Position|Scale|Style|Flags)|NumSlices|ClippingPathName",
        }.items()
    }
)
_CHANNELS: Final = re.compile(r"Channel\d+")
_FILM_TELLS: Final = re.compile(
    r"\w*(Date|Comment|Title|Author|Artist|Description|Copyright|Software|Encoder|Creator|Owner|Serial|Location|GPS"
    r"|Keyword|Make|Model|UserData)\w*"
)
_FILE_TELLS: Final = frozenset({"Comment", "Comments"})
"""Of the group File, the only ones that the file itself states as text."""

_COMPUTED: Final = frozenset({"File", "System", "ExifTool", "Composite"})

_IFD_NAMES: Final = re.compile(f"{_BASELINE}|{_EXIF_FRAME}")
_RAW_NAMES: Final = re.compile(f"{_BASELINE}|{_EXIF_FRAME}|{_RAW}")


def is_computed(group: str, name: str) -> bool:
    """Whether the reader made the field up from others, or from the file as a whole."""
    return group in _COMPUTED and name not in _FILE_TELLS


def shows_picture(group: str, name: str, *, raw: bool) -> bool:
    """Whether the picture cannot be shown without the field; `raw`: not developed without it."""
    if _IFD.fullmatch(group):
        return (_RAW_NAMES if raw else _IFD_NAMES).fullmatch(name) is not None
    if raw and _RAW_GROUPS.fullmatch(group):
        return True
    if _TRACK.fullmatch(group):
        return _FILM_TELLS.fullmatch(name) is None or name == "HandlerDescription"
    if _CHANNELS.fullmatch(group):
        return name.startswith("Channel")
    names = _NAMES.get(group)
    return names is not None and names.fullmatch(name) is not None
