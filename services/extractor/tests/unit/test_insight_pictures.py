"""Previews compared with their image, perceptual hashes, and what decodes pixels."""

import hashlib
import struct
from functools import partial
from io import BytesIO
from pathlib import Path

import imagehash
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from metaextract_extractor.domain.insights import Insights
from metaextract_extractor.domain.insights_picture import Fingerprints, Likeness, Previews
from metaextract_extractor.domain.result import ByteRange, Field, Standard
from metaextract_extractor.reading.engines.bounded_file import BoundedFile
from metaextract_extractor.reading.evidence import Evidence, Subject
from metaextract_extractor.reading.insights import pixels
from metaextract_extractor.reading.insights.drawing import with_pixels
from metaextract_extractor.reading.insights.fingerprints import fingerprints
from metaextract_extractor.reading.insights.hashing import ahash, dhash, hamming_distance, phash
from metaextract_extractor.reading.insights.image_header import read_header
from metaextract_extractor.reading.insights.previews import DRAFT_PIXELS, previews, shown
from metaextract_extractor.reading.view import BytesSource, View
from metaextract_extractor.reading.walk import Walk
from metaextract_testing.factory import make
from metaextract_testing.factory.scene import scene

PICTURE = scene("jpeg", 7).picture(480, 320)
OTHER = scene("jpeg", 8).picture(480, 320)


def jpeg(image: Image.Image, quality: int = 85) -> bytes:
    buffer = BytesIO()
    image.save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()


def compared(
    folder: Path, main: bytes, small: bytes, kind: str = "Thumbnail", decoders: bool = True
) -> Previews:
    """Append a picture to another one and state its place as ExifTool does."""
    path = folder / "picture.jpg"
    path.write_bytes(main + small)
    names = {"Thumbnail": ("ThumbnailOffset", "ThumbnailLength"), "MP": ("MPImageStart", "MPImageLength")}[
        kind
    ]
    fields = [
        Field("JPEG", Standard.EXIF, "IFD1", "", name, "", value, str(value), "", "x")
        for name, value in zip(names, (len(main), len(small)), strict=True)
    ]
    subject = Subject(path, View.of(BytesSource(main + small)), "JPEG", "jpg")
    evidence = Evidence(subject, Walk(), fields)
    main = shown(evidence, DRAFT_PIXELS, pixel_decoders=decoders)
    found = previews(evidence, main, pixel_decoders=decoders)
    assert found is not None
    return found


def on_black(image: Image.Image, box: tuple[int, int], at: tuple[int, int]) -> Image.Image:
    canvas = Image.new("RGB", box)
    canvas.paste(image, at)
    return canvas


@pytest.mark.parametrize("image", [PICTURE, OTHER, PICTURE.resize((31, 17)), PICTURE.convert("L")])
def test_hashes_are_those_of_the_imagehash_library(image: Image.Image) -> None:
    assert phash(image) == str(imagehash.phash(image))
    assert dhash(image) == str(imagehash.dhash(image))
    assert ahash(image) == str(imagehash.average_hash(image))


def test_a_flat_picture_has_the_hash_that_the_library_gives_it() -> None:
    grey = Image.new("RGB", (64, 64), (90, 120, 30))
    assert phash(grey) == str(imagehash.phash(grey)) == "8" + 15 * "0"


def test_distance_counts_bits() -> None:
    assert hamming_distance("0000000000000000", "8000000000000001") == 2


def test_a_thumbnail_of_the_picture_is_the_same_and_described_from_its_own_bytes(tmp_path: Path) -> None:
    main, small = jpeg(PICTURE), jpeg(PICTURE.resize((150, 100)))
    (one,) = compared(tmp_path, main, small).images
    assert one.comparison.likeness is Likeness.SAME
    assert (one.kind, one.format, one.width_pixels, one.height_pixels) == ("thumbnail", "JPEG", 150, 100)
    assert one.places == (ByteRange(len(main), len(small)),)
    assert (one.size_bytes, one.sha256) == (len(small), hashlib.sha256(small).hexdigest())


@pytest.mark.parametrize(
    "small",
    [
        on_black(PICTURE.resize((160, 107)), (160, 120), (0, 6)),  # bars above and below
        on_black(PICTURE.resize((160, 107)), (160, 120), (0, 13)),  # one bar
        on_black(PICTURE.rotate(90, expand=True).resize((80, 120)), (160, 120), (40, 0)),  # left and right
        PICTURE.crop((26, 0, 453, 320)).resize((160, 120)),  # sides cut off
        PICTURE.crop((20, 14, 460, 306)).resize((150, 100)),  # a little closer
    ],
    ids=["bars", "one bar", "turned between bars", "cropped", "closer"],
)
def test_bars_turns_and_small_crops_are_no_difference(tmp_path: Path, small: Image.Image) -> None:
    found = compared(tmp_path, jpeg(PICTURE), jpeg(small))
    assert found.thumbnail is Likeness.SAME


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_a_thumbnail_that_was_not_turned_with_the_picture_is_told_with_the_turn(
    tmp_path: Path, degrees: int
) -> None:
    # Pillow turns the other way round.
    found = compared(tmp_path, jpeg(PICTURE.rotate(degrees, expand=True)), jpeg(PICTURE.resize((150, 100))))
    assert found.thumbnail is Likeness.SAME
    assert found.images[0].comparison.turn_degrees == degrees


def test_a_thumbnail_of_another_picture_differs_in_numbers(tmp_path: Path) -> None:
    found = compared(tmp_path, jpeg(PICTURE), jpeg(OTHER.resize((150, 100))))
    comparison = found.images[0].comparison
    assert (found.thumbnail, comparison.likeness) == (Likeness.DIFFERENT, Likeness.DIFFERENT)
    assert comparison.hamming_distance is not None
    assert comparison.hamming_distance >= 16
    assert comparison.correlation is not None
    assert comparison.correlation < 0.6


def test_a_blank_picture_decides_nothing(tmp_path: Path) -> None:
    found = compared(tmp_path, jpeg(PICTURE), jpeg(Image.new("RGB", (160, 120), "white")))
    assert found.thumbnail is Likeness.UNKNOWN


def test_a_tiny_picture_decides_nothing(tmp_path: Path) -> None:
    found = compared(tmp_path, jpeg(PICTURE), jpeg(OTHER.resize((12, 8))))
    assert found.thumbnail is Likeness.UNKNOWN


def noted(folder: Path, main: bytes, content: bytes, path: str) -> Previews:
    """Append a picture and let a walker note it, 96 by 64 pixels."""
    file = folder / "noted.jpg"
    file.write_bytes(main + content)
    view = View.of(BytesSource(main + content))
    walk = Walk()
    walk.image("thumbnail", path, view.part(len(main)), 96, 64)
    evidence = Evidence(Subject(file, view, "JPEG", "jpg"), walk, [])
    found = previews(evidence, shown(evidence, DRAFT_PIXELS, pixel_decoders=True), pixel_decoders=True)
    assert found is not None
    return found


def test_bare_rgb_of_old_cameras_is_compared_too(tmp_path: Path) -> None:
    content = PICTURE.resize((96, 64)).tobytes()
    found = noted(tmp_path, jpeg(PICTURE), content, "JPEG-APP1-IFD1")
    assert (found.thumbnail, found.images[0].format) == (Likeness.SAME, "")
    assert noted(tmp_path, jpeg(PICTURE), content[:-1], "JPEG-APP1-IFD1").thumbnail is Likeness.UNKNOWN


def test_thumbnails_of_content_credentials_are_no_evidence_of_editing(tmp_path: Path) -> None:
    found = noted(tmp_path, jpeg(PICTURE), jpeg(OTHER.resize((96, 64))), "JPEG-APP11-JUMBF-JUMBFBox")
    assert found.thumbnail is Likeness.UNKNOWN
    assert found.images[0].kind == "credentials_thumbnail"


def test_without_pixel_decoders_only_header_and_digest_are_told(tmp_path: Path) -> None:
    (one,) = compared(tmp_path, jpeg(PICTURE), jpeg(OTHER), decoders=False).images
    assert (one.width_pixels, one.height_pixels, one.phash) == (480, 320, "")
    assert len(one.sha256) == 64
    assert (one.comparison.likeness, one.comparison.reason) == (Likeness.UNKNOWN, "Pixel decoders are off.")


def test_other_images_of_a_multi_picture_file_need_not_show_the_same(tmp_path: Path) -> None:
    (one,) = compared(tmp_path, jpeg(PICTURE), jpeg(OTHER), kind="MP").images
    assert one.kind == "mpf"
    assert one.comparison.correlation is None


def evidence_of(folder: Path, content: bytes, family: str, *fields: Field) -> Evidence:
    path = folder / "file"
    path.write_bytes(content)
    return Evidence(Subject(path, View.of(BytesSource(content)), family, ""), Walk(), list(fields))


def fingerprinted(evidence: Evidence, *, pixel_decoders: bool = True) -> Fingerprints | None:
    return fingerprints(evidence, shown(evidence, DRAFT_PIXELS, pixel_decoders=pixel_decoders))


def distances(found: Fingerprints | None, image: Image.Image) -> list[int]:
    """In how many bits the three hashes differ from those of a picture in full size."""
    assert found is not None
    pairs = ((found.phash, phash(image)), (found.dhash, dhash(image)), (found.ahash, ahash(image)))
    return [hamming_distance(*pair) for pair in pairs]


LARGE = PICTURE.resize((2400, 1600), Image.Resampling.BICUBIC)


@pytest.mark.parametrize(
    ("image_format", "family", "options"),
    [
        ("JPEG", "JPEG", {"quality": 90}),
        ("JPEG", "JPEG", {"quality": 60, "progressive": True}),
        ("JPEG2000", "JP2", {}),
        ("JPEG2000", "JP2", {"num_resolutions": 2}),  # fewer than would be left out
        ("WEBP", "WEBP", {"quality": 80}),
        ("PNG", "PNG", {"compress_level": 1}),
    ],
)
def test_what_is_hashed_of_a_large_picture_is_decoded_small_and_is_the_same(
    tmp_path: Path, image_format: str, family: str, options: dict[str, int]
) -> None:
    buffer = BytesIO()
    LARGE.save(buffer, image_format, **options)
    found = fingerprinted(evidence_of(tmp_path, buffer.getvalue(), family))
    assert max(distances(found, LARGE)) <= 3


@pytest.mark.parametrize(("mode", "bits"), [("P", 1), ("1", 2)])
def test_palettes_and_bilevel_are_averaged_before_they_are_hashed(
    tmp_path: Path, mode: str, bits: int
) -> None:
    buffer = BytesIO()
    LARGE.convert(mode).save(buffer, "PNG")
    assert max(distances(fingerprinted(evidence_of(tmp_path, buffer.getvalue(), "PNG")), LARGE)) <= bits


def test_the_main_image_is_decoded_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []

    def counted(*arguments: object, **options: object) -> Image.Image | None:
        calls.append(arguments)
        return draft(*arguments, **options)  # type: ignore[arg-type]

    draft = pixels.draft
    monkeypatch.setattr("metaextract_extractor.reading.insights.previews.draft", counted)
    main, small = jpeg(PICTURE), jpeg(PICTURE.resize((96, 64)))
    evidence = evidence_of(tmp_path, main + small, "JPEG")
    evidence.walk.image("thumbnail", "JPEG-APP1-IFD1", evidence.subject.view.part(len(main)), 96, 64)
    found = with_pixels(Insights(), evidence, pixel_decoders=True)
    assert found.previews is not None
    assert found.previews.thumbnail is Likeness.SAME
    assert found.fingerprints is not None
    assert len(calls) == 1


def test_fingerprints_are_those_of_the_upright_picture(tmp_path: Path) -> None:
    stored = jpeg(PICTURE.rotate(90, expand=True), 95)  # needs a turn by 90 degrees clockwise
    turn = Field("", Standard.EXIF, "IFD0", "", "Orientation", "274", 6, "Rotate 90 CW", "", "x")
    found = fingerprinted(evidence_of(tmp_path, stored, "JPEG", turn))
    assert found is not None
    assert hamming_distance(found.phash, phash(PICTURE)) <= 2
    assert found.source == "image"


@pytest.mark.parametrize(
    ("image_format", "family"),
    [("jpeg", "JPEG"), ("png", "PNG"), ("webp", "WEBP"), ("tiff", "TIFF"), ("heic", "HEIF"), ("gif", "GIF")],
)
def test_each_format_with_a_decoder_has_fingerprints(tmp_path: Path, image_format: str, family: str) -> None:
    evidence = evidence_of(tmp_path, make(image_format, seed=1).content, family)
    assert fingerprinted(evidence) is not None
    assert fingerprinted(evidence, pixel_decoders=False) is None


@pytest.mark.parametrize("mode", ["I;16", "F"])
def test_deep_grey_has_the_fingerprints_of_its_8_bit_form(tmp_path: Path, mode: str) -> None:
    grey = PICTURE.convert("L")
    deep = grey.convert("I").point(lambda value: value * 256).convert(mode)
    buffer = BytesIO()
    deep.save(buffer, "TIFF")
    found = fingerprinted(evidence_of(tmp_path, buffer.getvalue(), "TIFF"))
    assert found is not None
    assert hamming_distance(found.phash, phash(grey)) <= 2


def test_what_is_too_large_is_not_decoded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pixels, "JPEG_PIXELS_MAX", 480 * 320 - 1)
    evidence = evidence_of(tmp_path, jpeg(PICTURE), "JPEG")
    assert fingerprinted(evidence) is None


@pytest.mark.parametrize(
    ("image_format", "family"),
    [("jpeg", "JPEG"), ("png", "PNG"), ("webp", "WEBP"), ("tiff", "TIFF"), ("gif", "GIF"), ("jp2", "JP2")],
)
def test_whenever_the_budget_for_reads_is_used_up_there_is_no_picture(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, image_format: str, family: str
) -> None:
    """Decoders read from within C, where Python turns what reading raises into a `SystemError`."""
    evidence = evidence_of(tmp_path, make(image_format, seed=1).content, family)
    drawn = []
    for count in (*range(40), 1000):
        monkeypatch.setattr(pixels, "BoundedFile", partial(BoundedFile, reads_count_max=count))
        drawn.append(fingerprinted(evidence) is not None)

    assert (drawn[0], drawn[-1]) == (False, True)


@pytest.mark.parametrize(("image_format", "mode", "decoded"), [("PNG", "L", True), ("PNG", "RGB", False)])
def test_grey_may_have_more_pixels_for_it_takes_less_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, image_format: str, mode: str, *, decoded: bool
) -> None:
    monkeypatch.setattr(pixels, "PIXELS_MAX", 480 * 320 // 4)
    monkeypatch.setattr(pixels, "GREY_PIXELS_MAX", 480 * 320)
    buffer = BytesIO()
    PICTURE.convert(mode).save(buffer, image_format)
    evidence = evidence_of(tmp_path, buffer.getvalue(), image_format)

    assert (fingerprinted(evidence) is not None) is decoded


@pytest.mark.parametrize("image_format", ["JPEG", "PNG", "GIF", "BMP"])
def test_size_is_read_from_the_header_of_each_format(image_format: str) -> None:
    buffer = BytesIO()
    PICTURE.save(buffer, image_format)
    header = read_header(View.unpacked(buffer.getvalue()))
    assert (header.format, header.width_pixels, header.height_pixels) == (image_format, 480, 320)


SMALL = jpeg(PICTURE.resize((32, 24)))


@settings(max_examples=150, deadline=None)
@given(st.integers(0, len(SMALL)), st.integers(0, len(SMALL) * 8 - 1), st.binary(max_size=40))
def test_damage_is_survived(cut: int, bit: int, tail: bytes) -> None:
    flipped = bytearray(SMALL)
    flipped[bit // 8] ^= 1 << bit % 8
    for content in (SMALL[:cut] + tail, bytes(flipped)):
        view = View.unpacked(content)
        read_header(view)
        pixels.embedded_draft(view, 32, pixel_decoders=True)


def psd(colour_mode: int, depth: int, rows: Image.Image, channels_count: int = 1) -> bytes:
    """Write a Photoshop document: the first channel holds `rows`, packed, the others are full."""
    width, height = rows.size
    stride = len(rows.tobytes()) // height
    first = [packed(rows.tobytes()[at : at + stride]) for at in range(0, stride * height, stride)]
    packets = first + [packed(b"\xff" * stride)] * height * (channels_count - 1)
    head = struct.pack(">4sH6xHIIHH", b"8BPS", 1, channels_count, height, width, depth, colour_mode)
    lengths = b"".join(struct.pack(">H", len(one)) for one in packets)
    return head + bytes(12) + b"\x00\x01" + lengths + b"".join(packets)


def packed(row: bytes) -> bytes:
    """Pack as PackBits does what does not repeat."""
    parts = [row[at : at + 128] for at in range(0, len(row), 128)]
    return b"".join(bytes([len(part) - 1]) + part for part in parts)


def test_saved_selections_of_a_photoshop_document_are_no_part_of_the_picture(tmp_path: Path) -> None:
    grey = PICTURE.convert("L")
    evidence = evidence_of(tmp_path, psd(1, 8, grey, channels_count=3), "PSD")
    assert max(distances(fingerprinted(evidence), grey)) <= 1


def test_the_ones_of_a_photoshop_bitmap_are_black(tmp_path: Path) -> None:
    bilevel = PICTURE.convert("1")
    inverted = bilevel.convert("L").point(lambda value: 255 - value).convert("1")
    evidence = evidence_of(tmp_path, psd(0, 1, inverted), "PSD")
    assert max(distances(fingerprinted(evidence), bilevel.convert("L"))) <= 2


def test_a_channel_of_several_inks_is_not_taken_for_the_picture(tmp_path: Path) -> None:
    evidence = evidence_of(tmp_path, psd(7, 8, PICTURE.convert("L"), channels_count=2), "PSD")
    assert fingerprinted(evidence) is None
