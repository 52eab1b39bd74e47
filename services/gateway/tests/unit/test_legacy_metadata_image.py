"""The legacy `image` object: what each format says of its pixels, from results made by hand."""

from collections.abc import Callable
from typing import Any

import pytest
from google.protobuf.json_format import ParseDict
from google.protobuf.struct_pb2 import Value

from metaextract.extractor.v1.result_pb2 import ExtractionResult, Field
from metaextract_gateway.adapters.http.legacy.metadata.image import image
from metaextract_gateway.adapters.http.legacy.metadata.tags import Tags

Values = dict[str, Any]

RGB_TIFF = {
    "IFD0:PhotometricInterpretation": 2,
    "IFD0:SamplesPerPixel": 3,
    "IFD0:BitsPerSample": "16 16 16",
}
GREY_TIFF = {"IFD0:PhotometricInterpretation": 1, "IFD0:SamplesPerPixel": 1}
STILL = {"n_frames": 1, "frames": 1, "is_animated": False, "animation": False}


def described(format_name: str, values: Values) -> Values:
    """Return the object of a file of this format with these fields, `Group:Name` and raw value each."""
    result = ExtractionResult()
    result.file.format.name = format_name
    result.file.width_pixels, result.file.height_pixels = 64, 48
    for key, raw in values.items():
        group, name = key.split(":")
        result.fields.append(Field(group=group, name=name, raw=ParseDict(raw, Value()), printed=str(raw)))
    return image(result.file, Tags.of_result(result))


@pytest.mark.parametrize(
    ("format_name", "values", "known"),
    [
        ("JPEG", {"File:ColorComponents": 3, "File:BitsPerSample": 8}, {"mode": "RGB", "bits_per_pixel": 24}),
        ("JPEG", {"File:ColorComponents": 4}, {"mode": "CMYK", "color_palette": "no"}),
        ("JPEG", {}, {**STILL, "has_transparency": False, "mode": None}),
        ("PNG", {"PNG:BitDepth": 8, "PNG:ColorType": 6}, {"mode": "RGBA", "bits_per_pixel": 32, **STILL}),
        ("PNG", {"PNG:BitDepth": 4, "PNG:ColorType": 3}, {"mode": "P", "color_palette": "yes"}),
        ("PNG", {"PNG:BitDepth": 16, "PNG:ColorType": 2}, {"mode": "RGB", "bits_per_pixel": 48}),
        ("PNG", {"PNG:BitDepth": 16, "PNG:ColorType": 0}, {"mode": "I;16", "has_transparency": False}),
        ("PNG", {"PNG:BitDepth": 1, "PNG:ColorType": 0, "PNG:Transparency": 0},
         {"mode": "1", "has_transparency": True}),
        ("APNG", {"PNG:AnimationFrames": 3}, {"frames": 3, "is_animated": True, "mode": None}),
        ("GIF", {"GIF:BitsPerPixel": 8, "GIF:HasColorMap": 1},
         {"mode": "P", "bits_per_pixel": 8, "color_palette": "yes", **STILL}),
        ("GIF", {"GIF:FrameCount": 4}, {"n_frames": 4, "animation": True, "has_transparency": False}),
        ("GIF", {"GIF:TransparentColor": 0}, {"has_transparency": True, **STILL}),
        ("WEBP", {"RIFF:WebP_Flags": 44}, {"mode": "RGB", "has_transparency": False, **STILL}),
        ("WEBP", {"RIFF:WebP_Flags": 26}, {"mode": "RGBA", "is_animated": True, "n_frames": None}),
        ("WEBP", {"RIFF:AlphaIsUsed": 1}, {"mode": "RGBA", "bits_per_pixel": 32, "color_palette": "no"}),
        ("WEBP", {}, {"mode": "RGB", "bits_per_pixel": 24, **STILL}),
        ("BMP", {"File:BitDepth": 24, "File:AlphaMask": 0}, {"mode": "RGB", "has_transparency": False}),
        ("BMP", {"File:BitDepth": 4}, {"mode": "P", "bits_per_pixel": 4, "color_palette": "yes"}),
        ("BMP", {"File:BitDepth": 0}, {"mode": None, "bits_per_pixel": None, **STILL}),
        ("ICO", {"File:BitsPerPixel": 32}, {"bits_per_pixel": 32, **STILL}),
        ("TIFF", RGB_TIFF, {"mode": "RGB", "bits_per_pixel": 48, "color_palette": "no", **STILL}),
        ("TIFF", {**GREY_TIFF, "IFD0:BitsPerSample": 1}, {"mode": "1", "bits_per_pixel": 1}),
        ("TIFF", {"File:PageCount": 5}, {"n_frames": 5, "is_animated": False}),
        ("PSD", {"Photoshop:BitDepth": 8, "Photoshop:NumChannels": 4, "Photoshop:ColorMode": 3},
         {"mode": "RGB", "bits_per_pixel": 32, "has_transparency": None}),
        ("JP2", {"Jpeg2000:NumberOfComponents": 3, "Jpeg2000:BitsPerComponent": 7, "IFD0:BitsPerSample": 8},
         {"mode": "RGB", "bits_per_pixel": 24, "has_transparency": False}),
        ("JP2", {"Jpeg2000:NumberOfComponents": 4, "Jpeg2000:ColorSpace": 12}, {"mode": "CMYK"}),
        ("HEIC", {"HEIF:PrimaryImageBitDepth": 8, "QuickTime:MajorBrand": "heic"},
         {"mode": "RGB", "bits_per_pixel": 24, **STILL}),
        ("HEIC", {"QuickTime:CompatibleBrands": ["mif1", "msf1"]}, {"is_animated": True, "n_frames": None}),
        ("AVIF", {"QuickTime:AuxiliaryImageType": "urn:mpeg:mpegB:cicp:systems:auxiliary:alpha",
                  "QuickTime:ImagePixelDepth": "10 10 10"},
         {"mode": "RGBA", "bits_per_pixel": 40, "has_transparency": True}),
        ("PGM", {}, {"mode": "L", **STILL}),
        ("CR2", {"IFD0:BitsPerSample": "8 8 8"}, {"mode": None, "bits_per_pixel": None, **STILL}),
        ("JXL", {}, {"n_frames": None, "is_animated": None}),
    ],
)  # fmt: skip
def test_each_format_says_what_its_pixels_consist_of(format_name: str, values: Values, known: Values) -> None:
    found = described(format_name, values)

    assert {key: found[key] for key in known} == known


@pytest.mark.parametrize("of_type", [str, lambda _: [], lambda _: {"a": 1}, lambda _: -1, lambda _: None])
@pytest.mark.parametrize("format_name", ["PNG", "GIF", "WEBP", "BMP", "TIFF", "PSD", "JP2", "HEIC", "JPEG"])
def test_no_value_of_a_hostile_file_does_harm(format_name: str, of_type: Callable[[str], object]) -> None:
    names = (
        "PNG:BitDepth", "PNG:ColorType", "GIF:FrameCount", "RIFF:WebP_Flags", "File:BitDepth",
        "IFD0:BitsPerSample", "IFD0:SamplesPerPixel", "IFD0:PhotometricInterpretation",
        "Photoshop:NumChannels", "Photoshop:BitDepth", "Jpeg2000:BitsPerComponent",
        "Jpeg2000:NumberOfComponents",
        "QuickTime:ImagePixelDepth", "QuickTime:MajorBrand", "QuickTime:AuxiliaryImageType",
        "HEIF:PrimaryImageBitDepth", "File:ColorComponents", "File:BitsPerSample", "File:PageCount",
    )  # fmt: skip

    assert described(format_name, {name: of_type(name) for name in names})["width"] == 64
