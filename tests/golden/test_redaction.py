"""Redacted copies of real files, looked at by an ExifTool of the tests' own and by the bytes themselves."""

import json
import os
import re
import subprocess
from functools import cache
from pathlib import Path

import httpx
import pytest

from metaextract_testing import exiftool_path
from metaextract_testing.fleet import Fleet

SAMPLES_DIR = Path(os.environ.get("SAMPLES_DIR", Path(__file__).parents[2].parent / "shared" / "samples"))
PUBLIC = SAMPLES_DIR / "public"

# One file of each format that can be rewritten, those with the most tags; several of JPEG.
FILES = (
    "APNG/conformance__ref.apng",
    "AVIF/metadata-extractor-images__Issue_649.avif",
    "AVIF/imagemeta__sunset.avif",
    "CR2/exiftool__CanonRaw.cr2",
    "CR3/exiftool__CanonRaw.cr3",
    "CRW/exiftool__CanonRaw.crw",
    "DNG/exiftool__DNG.dng",
    "EXV/exiv2__exiv2-g45.exv",
    "GIF/exiftool__GIF.gif",
    "HEIC/pillow_heif__L_exif_xmp_iptc.heic",
    "HEIC/pillow_heif__pug.heic",
    "HEIF/exiv2__issue_9292_sony_1_top_left.HIF",
    "IIQ/exiftool__PhaseOne.iiq",
    "JP2/exifr__RESULT-OK_0008.jp2",
    "JPEG/Lychee__mongolia.jpeg",
    "JPG/mapillary_tools__adobe_coords.jpg",
    "JPG/exifr__issue-exifr-13.jpg",
    "JPG/imagemeta__withPanasonicFaces.jpg",
    "JPG/exiftool__Ricoh2.jpg",
    "JXL/exiv2__Reagan.jxl",
    "MPO/Pillow__frame_size.mpo",
    "MRW/exiftool__Minolta.mrw",
    "NEF/exiftool__Nikon.nef",
    "PNG/exiv2__ReaganSmallPng.png",
    "PSD/kimageformats__metadata.psd",
    "RAF/exiftool__FujiFilm.raf",
    "RW2/exiftool__Panasonic.rw2",
    "TIFF/exifr__tif-with-iptc-icc-xmp.tif",
    "TIFF/exiftool__GeoTiff.tif",
    "WEBP/imagemeta__sunrise.webp",
    "X3F/exiftool__SigmaDP2.x3f",
    "_derived/c2pa_signed_Crash_test.gif",
    "_derived/c2pa_signed_fixture-heic.heic",
)
# Maker notes of these raw formats cannot be taken out, and may hold what nobody knows.
WITH_NOTES = ("CR2/", "CR3/", "CRW/", "IIQ/", "NEF/", "X3F/")
# The table of docs/api.md: what nobody can rewrite, and samples that are cut short.
REFUSED = {
    "ARW/imagemeta__sample.arw": (422, "REDACTION_REFUSED", "save it anew"),
    "BMP/metadata-extractor-images__rgb24prof.bmp": (415, "REDACTION_UNSUPPORTED", "convert the picture"),
    "ICO/exiftool__ICO.ico": (415, "REDACTION_UNSUPPORTED", "convert the picture"),
    "KDC/digicam_corpus__DC0010S.KDC": (415, "REDACTION_UNSUPPORTED", "convert the picture"),
    "ORF/file-type__fixture.orf": (422, "REDACTION_REFUSED", "save it anew"),
    "PEF/imagemeta__jølstravatnet.pef": (422, "REDACTION_REFUSED", "save it anew"),
    "SVG/exiftool__XMP.svg": (415, "REDACTION_UNSUPPORTED", "convert the picture"),
}
# The picture's own profile; those inside of maker notes have numbered groups, and go.
OF_COLOUR = re.compile(r"ICC[_-][A-Za-z]+:")
# Their boxes say which way is up; readers do not heed what Exif says of it.
TURNED_BY_CONTAINER = ("AVIF/", "HEI", "JP2/", "JXL/", "_derived/c2pa_signed_fixture-heic")
POSITION = ("-n", "-GPSLatitude", "-GPSLongitude", "-*GPSAltitude*", "-*GPSTimeStamp*")
DEGREES = ("GPSLatitude", "GPSLongitude")
PROFILES = ("remove_all", "position", "coarse_position", "keep_colour_and_orientation")
RAW = (*WITH_NOTES, "DNG/", "MRW/", "RAF/", "RW2/")

STATEMENTS = re.compile(
    r"(XMP|IPTC|GPS|JUMBF|CBOR|MPF|MPImage|Canon|Nikon|Olympus|Panasonic:|Ricoh|RMETA|GeoTiff|Comment|XML)"
)
IDENTIFYING = re.compile(
    r"(\w*SerialNumber|OwnerName|CameraOwnerName|Artist|Creator|By-line|Copyright|Description|ImageDescription|Title"
    r"|Headline|\w*(Document|Instance|UniqueI)ID?|City|Location|Sub-location|RegionName|PersonInImage)"
)
PLACES = re.compile(
    r"\w*(GPS|Latitude|Longitude)\w*|City|State|Province-State|Country\w*|Country-PrimaryLocation\w+|Sub-location"
    r"|Location|LocationShown\w+|LocationCreated\w+|Landmark|ModelTiePoint|ModelTransform|(Absolute|Relative)Altitude"
)
# What the projection of a map is made of, signatures over the whole, and blocks that go whole or not at all.
GOES_TOO = re.compile(
    r"^(GPS|XMP-exif:GPS|JUMBF|CBOR|Jpeg2000:C2PA|GeoTiff|RMETA)|PixelScale|IntergraphMatrix|XMPToolkit|Altitude"
    r"|ContentDescriptionLocation"
)
COMPUTED = ("Composite:", "System:", "File:", "ExifTool:", "SourceFile")
# Where the rest stands now, how much of it there is, and what writers set anew.
MOVED = re.compile(r"\w*(Offsets?|Start|Position|ByteCounts|DataSize|Digest|XMPToolkit|Warning)\d*")


def tags(path: Path, *wanted: str) -> dict[str, object]:
    """Return what is wanted, or everything and the digest of the picture."""
    options = wanted or ("-api", "ImageHashType=SHA256", "-all", "-ImageDataHash")
    done = subprocess.run(
        [exiftool_path(), "-config", "", "-j", "-a", "-ee", "-G1", *options, path],
        capture_output=True,
        check=False,
    )
    return dict(json.loads(done.stdout)[0])


@cache
def tags_of_sample(name: str) -> dict[str, object]:
    return tags(PUBLIC / name)


def picture(found: dict[str, object]) -> str:
    return str(found.get("File:ImageDataHash", ""))


def asked(fleet: Fleet, name: str, profile: str) -> httpx.Response:
    file = PUBLIC / name
    return httpx.post(
        f"{fleet.url}/v1/redactions?profile={profile}",
        files={"file": (file.name, file.read_bytes())},
        timeout=60,
    )


def copied(fleet: Fleet, name: str, profile: str, folder: Path) -> Path:
    answer = asked(fleet, name, profile)
    assert answer.status_code == 200, answer.text
    copy = folder / f"copy{Path(name).suffix}"
    copy.write_bytes(answer.content)
    return copy


def texts(found: dict[str, object], names: re.Pattern[str]) -> set[bytes]:
    """Values of six characters and more, of the tags with these names."""
    values = (value for tag, value in found.items() if names.fullmatch(tag.rpartition(":")[2]))
    flat = (one for value in values for one in (value if isinstance(value, list) else [value]))
    long = {one.strip() for one in flat if isinstance(one, str) and len(one.strip()) >= 6}
    return {one.encode() for one in long - {"unknown"}}


@pytest.mark.parametrize("name", [name for name in FILES if not name.startswith(WITH_NOTES)])
def test_nothing_but_the_picture_is_left(fleet: Fleet, name: str, tmp_path: Path) -> None:
    before = tags_of_sample(name)

    copy = copied(fleet, name, "remove_all", tmp_path)

    after = tags(copy)
    assert [tag for tag in after if STATEMENTS.match(tag)] == []
    content = copy.read_bytes()
    assert [one for one in texts(before, IDENTIFYING) if one in content] == []
    assert picture(after) == picture(before)
    if not name.startswith((*RAW, "TIFF/")):
        assert not [tag for tag in after if tag.startswith(("IFD", "ExifIFD"))]


def test_what_identifies_a_raw_picture_is_blank_where_it_cannot_be_left_out(
    fleet: Fleet, tmp_path: Path
) -> None:
    copy = copied(fleet, "X3F/exiftool__SigmaDP2.x3f", "keep_colour_and_orientation", tmp_path)
    after = tags(copy)
    assert str(after["SigmaRaw:ImageUniqueID"]).strip("0") == ""
    assert after["SigmaRaw:SerialNumber"] == ""
    assert after["SigmaRaw:Model"] == "SIGMA DP2"


@pytest.mark.parametrize("name", [name for name in FILES if name.startswith(WITH_NOTES)])
def test_raw_pictures_that_keep_their_notes_are_not_handed_out(fleet: Fleet, name: str) -> None:
    profiles = ("remove_all",) if name.startswith("X3F/") else ("remove_all", "keep_colour_and_orientation")
    for profile in profiles:
        answer = asked(fleet, name, profile)

        assert answer.status_code == 422, answer.text
        assert answer.json()["reason"] in ("REDACTION_NOT_VERIFIED", "REDACTION_REFUSED")
        if answer.json()["reason"] == "REDACTION_NOT_VERIFIED":
            assert answer.json()["metadata"]["remaining"]


@pytest.mark.parametrize(("name", "refusal"), REFUSED.items())
def test_what_cannot_be_redacted_is_refused_with_what_to_do(
    fleet: Fleet, name: str, refusal: tuple[int, str, str]
) -> None:
    for profile in PROFILES:
        answer = asked(fleet, name, profile)

        status, reason, advice = refusal
        assert (answer.status_code, answer.json()["reason"]) == (status, reason)
        assert advice in answer.json()["detail"]


@pytest.mark.parametrize("name", FILES)
def test_no_place_is_left_and_all_else_is(fleet: Fleet, name: str, tmp_path: Path) -> None:
    before = tags_of_sample(name)
    places = [tag for tag in before if PLACES.fullmatch(tag.rpartition(":")[2])]
    names = {
        str(one).casefold()
        for tag in places
        for one in (before[tag] if isinstance(before[tag], list) else [before[tag]])
        if len(str(one)) >= 6
    }

    copy = copied(fleet, name, "position", tmp_path)

    after = tags(copy)
    allowed = {"GPSVersionID", "CreatorCity", "CiAdrCity"}
    left = [tag for tag in after if PLACES.fullmatch(tag.rpartition(":")[2])]
    assert [tag for tag in left if tag.rpartition(":")[2] not in allowed and silent(after[tag])] == []
    gone = {tag for tag in before if tag not in after and not tag.startswith(COMPUTED)}
    unexplained = {
        tag
        for tag in gone - set(places)
        if not GOES_TOO.search(tag) and not any(one in str(before[tag]).casefold() for one in names)
    }
    assert unexplained == set()
    other = {
        tag
        for tag in before
        if tag in after and not tag.startswith(COMPUTED) and not MOVED.fullmatch(tag.rpartition(":")[2])
        if before[tag] != after[tag] and silent(after[tag]) and "(Binary data" not in str(before[tag])
    }
    assert other == set()
    towns = {one.encode() for one in names if not any(character.isdigit() for character in one)}
    allowed_again = b"\n".join(str(after[tag]).casefold().encode() for tag in after)
    content = copy.read_bytes().lower()
    assert [one for one in towns if one in content and one not in allowed_again] == []
    assert picture(after) == picture(before)


def silent(value: object) -> bool:
    """Whether a value says something after all (a field that was overwritten does not)."""
    return bool(str(value).strip("\0 0.-"))


@pytest.mark.parametrize("name", FILES)
def test_a_position_that_stays_is_coarse(fleet: Fleet, name: str, tmp_path: Path) -> None:
    exact = degrees(tags(PUBLIC / name, *POSITION))

    copy = copied(fleet, name, "coarse_position", tmp_path)

    after = tags(copy, *POSITION)
    for tag, value in degrees(after).items():
        assert abs(value * 10 - round(value * 10)) < 1e-5
        assert abs(value - exact[tag]) <= 0.05 + 1e-6
    assert not [tag for tag in after if "GPSAltitude" in tag or "GPSTimeStamp" in tag]


def degrees(found: dict[str, object]) -> dict[str, float]:
    return {
        tag: float(value)
        for tag, value in found.items()
        if isinstance(value, int | float) and tag.endswith(DEGREES) and not tag.startswith("Composite")
    }


@pytest.mark.parametrize("name", [name for name in FILES if not name.startswith(WITH_NOTES)])
def test_colour_and_orientation_are_as_they_were(fleet: Fleet, name: str, tmp_path: Path) -> None:
    before = tags_of_sample(name)

    copy = copied(fleet, name, "keep_colour_and_orientation", tmp_path)

    after = tags(copy)
    kept = [
        tag
        for tag in before
        if (OF_COLOUR.match(tag) and not tag.endswith(("MakeAndModel", "ProfileID")))
        or (tag == "IFD0:Orientation" and not name.startswith(TURNED_BY_CONTAINER))
    ]
    assert {tag: after.get(tag) for tag in kept} == {tag: before[tag] for tag in kept}
    assert [tag for tag in after if STATEMENTS.match(tag)] == []
    content = copy.read_bytes()
    assert [one for one in texts(before, IDENTIFYING) if one in content] == []
    assert picture(after) == picture(before)
