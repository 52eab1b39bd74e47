"""Films, gain maps, depth maps and bursts that belong to a picture."""

import struct
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from metaextract_extractor.domain.insights_several import (
    AuxiliaryImage,
    DepthScheme,
    GainMapScheme,
    MotionScheme,
    MultiPicture,
)
from metaextract_extractor.domain.result import ByteRange, Field, Standard
from metaextract_extractor.reading.dispatch import walk_file
from metaextract_extractor.reading.evidence import Evidence, Subject
from metaextract_extractor.reading.insights.motion_photo import samsung_film
from metaextract_extractor.reading.insights.multi_picture import multi_picture
from metaextract_extractor.reading.view import BytesSource, View
from metaextract_extractor.reading.walk import Walk
from metaextract_testing.factory.movies import make_heic_sequence

STILL = b"\xff\xd8 a still picture \xff\xd9"
FILM = b"\0\0\0\x18ftypmp42\0\0\0\0isommp42" + b"\0\0\0\x08free"
Stated = tuple[str, str, object]


def evidence_of(content: bytes, *fields: Stated, family: str = "JPEG") -> Evidence:
    stated = [
        Field("", Standard.XMP, group, "", name, "", value, str(value), "", "x")
        for group, name, value in fields
    ]
    return Evidence(Subject(Path("x"), View.of(BytesSource(content)), family, ""), Walk(), stated)


def several(content: bytes, *fields: Stated, family: str = "JPEG") -> MultiPicture:
    found = multi_picture(evidence_of(content, *fields, family=family))
    assert found is not None
    return found


def items(semantics: list[str], lengths: object) -> tuple[Stated, ...]:
    mimes = ["image/jpeg" if one in ("Primary", "GainMap") else "video/mp4" for one in semantics]
    return (
        ("XMP-GContainer", "DirectoryItemSemantic", semantics),
        ("XMP-GContainer", "DirectoryItemMime", mimes),
        ("XMP-GContainer", "DirectoryItemLength", lengths),
    )


def test_a_picture_that_stands_alone_has_no_company() -> None:
    assert multi_picture(evidence_of(STILL)) is None


def test_the_film_of_a_motion_photo_is_found_from_the_end_and_verified() -> None:
    film = several(
        STILL + FILM,
        ("XMP-GCamera", "MotionPhoto", 1),
        ("XMP-GCamera", "MotionPhotoPresentationTimestampUs", 500_000),
        *items(["Primary", "MotionPhoto"], ["0", str(len(FILM))]),
    ).motion_photo
    assert film is not None
    assert film.scheme is MotionScheme.MOTION_PHOTO
    assert film.place == ByteRange(len(STILL), len(FILM))
    assert (film.verified, film.brand, film.media_type) == (True, "mp42", "video/mp4")
    assert film.presentation_microseconds == 500_000


def test_items_behind_the_film_are_counted() -> None:
    film = several(
        STILL + FILM + b"map", *items(["Primary", "MotionPhoto", "GainMap"], [len(FILM), 3])
    ).motion_photo
    assert film is not None
    assert film.place == ByteRange(len(STILL), len(FILM))
    assert film.verified


@pytest.mark.parametrize(
    ("name", "scheme"),
    [
        ("MicroVideoOffset", MotionScheme.MICRO_VIDEO),
        ("MotionPhotoOffset", MotionScheme.MOTION_PHOTO),
    ],
)
def test_older_offsets_count_from_the_end(name: str, scheme: MotionScheme) -> None:
    flag = "MicroVideo" if "Micro" in name else "MotionPhoto"
    film = several(STILL + FILM, ("XMP-GCamera", flag, 1), ("XMP-GCamera", name, len(FILM))).motion_photo
    assert film is not None
    assert (film.scheme, film.place, film.verified) == (scheme, ByteRange(len(STILL), len(FILM)), True)


def test_a_film_that_is_announced_but_not_there_is_not_verified() -> None:
    film = several(STILL, ("XMP-GCamera", "MicroVideo", 1), ("XMP-GCamera", "MicroVideoOffset", 10))
    assert film.motion_photo is not None
    assert (film.motion_photo.verified, film.motion_photo.brand) == (False, "")
    nowhere = several(STILL, ("XMP-GCamera", "MotionPhoto", 1)).motion_photo
    assert nowhere is not None
    assert (nowhere.place, nowhere.verified) == (None, False)
    beyond = several(STILL, ("XMP-GCamera", "MicroVideoOffset", 10**9)).motion_photo
    assert beyond is not None
    assert beyond.place is None


def samsung_trailer(film: bytes) -> bytes:
    name = b"MotionPhoto_Data"
    block = struct.pack("<HHI", 0, 0x0A30, len(name)) + name + film
    entry = struct.pack("<HHII", 0, 0x0A30, len(block), len(block))
    directory = b"SEFH" + struct.pack("<II", 107, 1) + entry
    return block + directory + struct.pack("<I", len(directory)) + b"SEFT"


def test_the_film_in_a_samsung_trailer_is_found() -> None:
    film = several(STILL + samsung_trailer(FILM)).motion_photo
    assert film is not None
    assert (film.scheme, film.verified, film.brand) == (MotionScheme.SAMSUNG, True, "mp42")
    assert film.place == ByteRange(len(STILL) + 8 + 16, len(FILM))


def test_the_mpvd_box_of_a_heic_is_found() -> None:
    head = b"\0\0\0\x14ftypheic\0\0\0\0mif1"
    box = struct.pack(">I", 8 + len(FILM)) + b"mpvd" + FILM
    film = several(head + box, family="HEIF").motion_photo
    assert film is not None
    assert (film.scheme, film.place, film.verified) == (
        MotionScheme.MPVD_BOX,
        ByteRange(len(head) + 8, len(FILM)),
        True,
    )


def test_multi_picture_images_are_listed_and_looked_for() -> None:
    content = STILL + STILL
    found = several(
        content,
        ("MPImage1", "MPImageType", 0x030000),
        ("MPImage1", "MPImageStart", 0),
        ("MPImage1", "MPImageLength", len(STILL)),
        ("MPImage2", "MPImageType", 0),
        ("MPImage2", "MPImageStart", len(STILL)),
        ("MPImage2", "MPImageLength", len(STILL) + 1),
    )
    first, second = found.mpf_images
    assert (first.number, first.place, first.present) == (1, ByteRange(0, len(STILL)), True)
    assert (second.number, second.present) == (2, False)
    assert found.stereo is None


def test_two_views_with_disparity_are_stereo() -> None:
    found = several(
        STILL,
        ("MPImage1", "MPImageType", 0x020002),
        ("MPImage2", "MPImageType", 0x020002),
        ("MPF0", "BaselineLength", 0.077),
        ("MPF0", "ConvergenceAngle", 4294967295),
    ).stereo
    assert found is not None
    assert (found.images_count, found.baseline_metres, found.convergence_degrees) == (2, 0.077, None)


def gain_map_jpeg(
    namespace: str = "http://ns.adobe.com/hdr-gain-map/1.0/", version: str = 'hdrgm:Version="1.0"'
) -> bytes:
    packet = f"""<x:xmpmeta xmlns:x="adobe:ns:meta/">
     <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about=""
     xmlns:hdrgm="{namespace}" {version} hdrgm:GainMapMin="-0.5"
     hdrgm:HDRCapacityMax="2.3" hdrgm:BaseRenditionIsHDR="False"><hdrgm:GainMapMax><rdf:Seq>
     <rdf:li>1.5</rdf:li><rdf:li>1.25</rdf:li><rdf:li>1</rdf:li></rdf:Seq></hdrgm:GainMapMax>
     </rdf:Description></rdf:RDF></x:xmpmeta>"""
    xmp = b"http://ns.adobe.com/xap/1.0/\0" + packet.encode()
    return b"\xff\xd8\xff\xe1" + struct.pack(">H", len(xmp) + 2) + xmp + b"\xff\xd9"


def test_the_numbers_of_an_ultra_hdr_picture_are_read_inside_its_map() -> None:
    map_ = gain_map_jpeg()
    found = several(
        STILL + map_, ("XMP-hdrgm", "Version", "1.0"), *items(["Primary", "GainMap"], len(map_))
    ).gain_map
    assert found is not None
    assert (found.scheme, found.place) == (GainMapScheme.ULTRA_HDR, ByteRange(len(STILL), len(map_)))
    assert (found.version, found.minimum, found.maximum) == ("1.0", (-0.5,), (1.5, 1.25, 1.0))
    assert (found.capacity_maximum, found.base_is_hdr) == (2.3, False)


def test_a_map_with_iso_metadata_alone_is_recognised() -> None:
    iso = b"urn:iso:std:iso:ts:21496:-1\0\0\0\0\0"
    map_ = b"\xff\xd8\xff\xe2" + struct.pack(">H", len(iso) + 2) + iso + b"\xff\xd9"
    found = several(STILL + map_, *items(["Primary", "GainMap"], len(map_))).gain_map
    assert found is not None
    assert found.scheme is GainMapScheme.ISO_21496_1


def test_a_map_of_apple_among_the_images_of_a_jpeg_is_recognised_by_its_own_metadata() -> None:
    map_ = gain_map_jpeg(
        namespace="http://ns.apple.com/HDRGainMap/1.0/", version='hdrgm:HDRGainMapVersion="65536"'
    )
    found = several(STILL + map_, *items(["Primary", "GainMap"], len(map_))).gain_map
    assert found is not None
    assert found.scheme is GainMapScheme.APPLE


@pytest.mark.parametrize(
    ("headroom", "gain", "stops"),
    [(0.5, 0.0, 1.8), (0.5, 0.1, 1.5909), (1.1, 0.0, 3.0), (1.1, 0.1, 2.2727), (1.1, 100.0, 0.0)],
)
def test_headroom_of_apple_follows_the_published_formula(headroom: float, gain: float, stops: float) -> None:
    urn = "urn:com:apple:photo:2020:aux:hdrgainmap"
    found = several(
        STILL,
        ("QuickTime", "AuxiliaryImageType", urn),
        ("Apple", "HDRHeadroom", headroom),
        ("Apple", "HDRGain", gain),
    )
    assert found.auxiliary_images == (AuxiliaryImage(urn, "gain_map"),)
    assert found.gain_map is not None
    assert found.gain_map.scheme is GainMapScheme.APPLE
    assert found.gain_map.headroom_stops == pytest.approx(stops)


@pytest.mark.parametrize(
    ("fields", "scheme"),
    [
        ((("XMP-GDepth", "Format", "RangeInverse"), ("XMP-GDepth", "Near", "12.5")), DepthScheme.GDEPTH),
        ((("XMP-GContainer", "DirectoryItemSemantic", ["Primary", "Depth"]),), DepthScheme.DYNAMIC_DEPTH),
        ((("XMP-apdi", "AuxiliaryImageType", "disparity"),), DepthScheme.APPLE_XMP),
        ((("QuickTime", "AuxiliaryImageType", "urn:mpeg:hevc:2015:auxid:2"),), DepthScheme.AUXILIARY_IMAGE),
    ],
)
def test_depth_maps_of_every_scheme_are_found(fields: tuple[Stated, ...], scheme: DepthScheme) -> None:
    found = several(STILL, *fields).depth_map
    assert found is not None
    assert found.scheme is scheme
    assert found.near == (12.5 if scheme is DepthScheme.GDEPTH else None)


def test_live_photo_burst_and_animation_are_told() -> None:
    found = several(
        STILL,
        ("Apple", "ContentIdentifier", "242684F6"),
        ("XMP-GCamera", "BurstID", "b1"),
        ("XMP-GCamera", "BurstPrimary", 0),
        ("PNG", "AnimationFrames", 60),
    )
    assert found.live_photo is not None
    assert found.live_photo.content_identifier == "242684F6"
    assert found.burst is not None
    assert (found.burst.id, found.burst.primary) == ("b1", False)
    assert found.animation_frames_count == 60


def animated(image_format: str) -> bytes:
    buffer = BytesIO()
    pictures = [Image.new("RGB", (32, 24), colour) for colour in ("red", "blue")]
    pictures[0].save(buffer, image_format, save_all=True, append_images=pictures[1:])
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("family", "content"),
    [("WEBP", animated("WEBP")), ("AVIF", animated("AVIF")), ("HEIF", make_heic_sequence(1).content)],
)
def test_the_frames_of_an_animation_are_counted_where_no_field_tells_them(
    family: str, content: bytes
) -> None:
    walk = Walk()
    walk_file(View.of(BytesSource(content)), walk, family, "")
    subject = Subject(Path("x"), View.of(BytesSource(content)), family, "")
    found = multi_picture(Evidence(subject, walk, list(walk.fields)))
    assert found is not None
    assert found.animation_frames_count == 2


NAMES = ("MotionPhoto", "MicroVideoOffset", "DirectoryItemSemantic", "DirectoryItemLength", "MPImageStart")
GROUPS = ("XMP-GCamera", "XMP-GContainer", "MPImage1", "XMP-hdrgm")
VALUES = st.one_of(
    st.integers(), st.floats(), st.text(max_size=8), st.lists(st.sampled_from(["Primary", "GainMap", "7"]))
)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(GROUPS), st.sampled_from(NAMES), VALUES), max_size=6),
    st.binary(max_size=64),
)
def test_no_statement_breaks_it(fields: list[Stated], content: bytes) -> None:
    multi_picture(evidence_of(content, *fields))
    multi_picture(evidence_of(content + samsung_trailer(b"")[-40:], *fields, family="HEIF"))


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 255), st.integers(0, len(samsung_trailer(FILM)) - 1))
def test_a_damaged_trailer_names_no_place_outside_the_file(value: int, at: int) -> None:
    content = bytearray(STILL + samsung_trailer(FILM))
    content[len(STILL) + at] = value
    place = samsung_film(View.unpacked(bytes(content)))
    if place is not None:
        assert place.offset_bytes >= 0
        assert place.offset_bytes + place.length_bytes <= len(content)
