"""The embedding finds copies: its promises of shape, and what it takes for alike."""

import math
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageEnhance, ImageFilter

from metaextract_extractor.domain.insights import Insights
from metaextract_extractor.domain.operations import Embedding, Operation, OperationOutcome
from metaextract_extractor.domain.result import Field, Standard
from metaextract_extractor.reading.evidence import Evidence, Subject
from metaextract_extractor.reading.insights.hashing import phash
from metaextract_extractor.reading.operations.embedding import DIMENSION, METHOD, VERSION, embedding, vector
from metaextract_extractor.reading.operations.pdq import pdq
from metaextract_extractor.reading.operations.run import DECODERS_OFF, NOT_DECODED, NOT_WHOLE, run_operation
from metaextract_extractor.reading.view import BytesSource, View
from metaextract_extractor.reading.walk import Walk
from metaextract_testing.factory import make
from metaextract_testing.factory.overlay import textured

PICTURE = textured(7, (480, 320))
OTHERS = [textured(seed, (480, 320)) for seed in range(20, 40)]


def jpeg(image: Image.Image, quality: int = 90) -> bytes:
    buffer = BytesIO()
    image.save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()


def run(
    folder: Path, content: bytes, family: str, *fields: Field, whole: bool = True, decoders: bool = True
) -> OperationOutcome:
    path = folder / "file"
    path.write_bytes(content)
    evidence = Evidence(Subject(path, View.of(BytesSource(content)), family, "", whole), Walk(), list(fields))
    return run_operation(
        Operation.EMBEDDING, evidence, tessdata=None, pixel_decoders=decoders, insights=Insights()
    )


def embedded(folder: Path, content: bytes, family: str, *fields: Field) -> Embedding:
    found = run(folder, content, family, *fields)
    assert (found.operation, found.delivered, found.reason) == ("embedding", True, "")
    assert found.embedding is not None
    return found.embedding


def test_the_vector_has_its_dimension_and_length_one_and_names_its_method() -> None:
    found = embedding(PICTURE, "image")
    assert (found.method, found.version, found.dimension, found.source) == (
        METHOD,
        VERSION,
        DIMENSION,
        "image",
    )
    assert len(found.vector) == DIMENSION == 256
    assert math.fsum(one * one for one in found.vector) == pytest.approx(1, abs=1e-4)
    assert (found.phash, len(found.dhash), len(found.ahash)) == (phash(PICTURE), 16, 16)


@pytest.mark.parametrize(
    "changed",
    [
        Image.open(BytesIO(jpeg(PICTURE, 30))).convert("RGB"),
        PICTURE.resize((120, 80)),
        PICTURE.crop((30, 10, 450, 290)),
        ImageEnhance.Brightness(PICTURE).enhance(1.4),
        PICTURE.filter(ImageFilter.GaussianBlur(3)),
        PICTURE.rotate(3),
        PICTURE.convert("L").convert("RGB"),
    ],
    ids=["compressed", "small", "cropped", "brighter", "blurred", "turned a little", "grey"],
)
def test_a_changed_copy_is_nearer_than_every_other_picture(changed: Image.Image) -> None:
    query = vector(changed)
    assert query @ vector(PICTURE) > max(float(query @ vector(other)) for other in OTHERS) + 0.1


def test_equal_pictures_have_equal_vectors_and_flat_ones_are_no_failure() -> None:
    assert np.array_equal(vector(PICTURE), vector(PICTURE.copy()))
    assert np.linalg.norm(vector(Image.new("RGB", (1, 1), "white"))) == pytest.approx(1)


def test_pdq_is_that_of_the_reference_implementation() -> None:
    # Computed with pdqhash 0.2.8, which wraps the reference implementation.
    known = "a0b9e45d5f367baa2ac38d38c45a76267a8aea03996231d9873cce3a833799c3"
    assert pdq(textured(3, (320, 240))) == (known, 100)


def test_a_plain_picture_has_no_quality_for_pdq() -> None:
    assert pdq(Image.new("RGB", (300, 200), "teal"))[1] == 0


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 90), st.integers(1, 90), st.randoms(use_true_random=False))
def test_every_size_of_picture_is_described(width: int, height: int, random) -> None:  # type: ignore[no-untyped-def]
    picture = Image.frombytes("RGB", (width, height), random.randbytes(3 * width * height))
    found = embedding(picture, "image")
    assert all(math.isfinite(one) for one in found.vector)
    assert len(found.pdq) == 64


def test_the_upright_picture_is_described(tmp_path: Path) -> None:
    stored = jpeg(PICTURE.transpose(Image.Transpose.ROTATE_90), 95)  # needs a turn by 90 degrees clockwise
    turn = Field("", Standard.EXIF, "IFD0", "", "Orientation", "274", 6, "Rotate 90 CW", "", "x")
    found = embedded(tmp_path, stored, "JPEG", turn)
    assert np.dot(found.vector, vector(PICTURE)) > 0.98


@pytest.mark.parametrize(
    ("image_format", "family"),
    [
        ("jpeg", "JPEG"),
        ("png", "PNG"),
        ("webp", "WEBP"),
        ("tiff", "TIFF"),
        ("heic", "HEIF"),
        ("gif", "GIF"),
        ("psd", "PSD"),
    ],
)
def test_each_format_with_a_decoder_is_described(tmp_path: Path, image_format: str, family: str) -> None:
    assert embedded(tmp_path, make(image_format, seed=1).content, family).source == "image"


def test_what_was_not_delivered_says_why(tmp_path: Path) -> None:
    content = jpeg(PICTURE)
    assert run(tmp_path, content, "JPEG", decoders=False) == OperationOutcome(
        "embedding", False, DECODERS_OFF
    )
    assert run(tmp_path, content, "JPEG", whole=False) == OperationOutcome("embedding", False, NOT_WHOLE)
    assert run(tmp_path, content, "SVG") == OperationOutcome("embedding", False, NOT_DECODED)
    assert run(tmp_path, content[:400], "JPEG") == OperationOutcome("embedding", False, NOT_DECODED)
