"""Facts beyond tags: what the insights say of named sample files.

Each line: sample (below SAMPLES_DIR), attribute of `Insights` by its names in the contract (a number picks
one of a list), and the fact. Enumerations stand as in the contract. The comment says where the fact comes
from, if not from the tags that ExifTool prints for the file.
"""

from typing import Final

EXTRAS: Final[tuple[tuple[str, str, object], ...]] = (
    # Local time minus satellite time: 10:58:29 and 14:58:14.
    ("public/JPG/exiftool__GoPro.jpg", "capture_time.best.utc", "2017-10-03T14:58:29Z"),
    ("public/JPG/exiftool__GoPro.jpg", "capture_time.best.zone_source", "ZONE_SOURCE_GPS_DIFFERENCE"),
    ("public/JPG/Pillow__ultrahdr.jpg", "capture_time.best.iso8601", "2024-05-07T09:33:04.046+08:00"),
    ("public/HEIC/kimageformats__metadata.heic", "capture_time.best.zone", "+01:00"),
    # The camera's own UTC clock, 19:05:59.
    ("public/EXV/exiv2__test_issue_2126.exv", "capture_time.best.utc", "2022-03-05T19:05:59Z"),
    ("public/JPG/Pillow__exif_gps.jpg", "capture_time.best.doubts.0", "DOUBT_FUTURE"),
    (
        "public/JPG/metadata-extractor-images__Sanyo_SR6.jpg",
        "capture_time.best.doubts.0",
        "DOUBT_CLOCK_NOT_SET",
    ),
    # Changed on 2004:01:18 by its clock, taken on 2006:04:26.
    (
        "public/JPG/metadata-extractor-images__Olympus_μ_Digital_800.JPG",
        "capture_time.conflicts.0.difference",
        "DIFFERENCE_ORDER",
    ),
    # GPS says +04:00, Oldenburg has +02:00 in June.
    ("public/JPG/imagemeta__withPanasonicFaces.jpg", "capture_time.zones_agree", False),
    # West and south: the sign of the coordinates comes from the reference tags.
    ("public/HEIC/exiv2__Stonehenge.heic", "place.longitude_degrees", -1.82663888888889),
    ("public/HEIC/exiv2__Stonehenge.heic", "place.time_zone", "Europe/London"),
    ("public/JPG/mapillary_tools__adobe_coords.jpg", "place.latitude_degrees", -0.0702668333333333),
    ("public/JPG/mapillary_tools__adobe_coords.jpg", "place.source", "XMP-exif"),
    ("public/JPG/mapillary_tools__adobe_coords.jpg", "place.name.country_code", "KE"),
    # GPSAltitudeRef 1: below sea level.
    ("public/JPG/exiftool__GoPro.jpg", "place.altitude_metres", -3.983),
    ("public/JPG/exiftool__Apple.jpg", "place.name.city", "Sheffield"),
    ("public/JPG/exiftool__Apple.jpg", "place.accuracy_metres", 165.0),
    ("public/WEBP/commons-imaging__test.webp", "place.doubts.0", "PLACE_DOUBT_ZERO_ZERO"),
    ("public/AVIF/imagemeta__sunset.avif", "place.stated.0.city", "Benalmádena"),
    # 79.63041854 km/h.
    ("public/JPG/commons-imaging__2024-04-30_G012.JPG", "place.movement.speed_metres_per_second", 22.1195606),
    # A dog in the thumbnail, leaves in the image; seen with the eye.
    ("public/JPG/exiv2__exiv2-bug443.jpg", "previews.thumbnail", "LIKENESS_DIFFERENT"),
    # exiftool -b -ThumbnailImage | sha256sum
    (
        "public/JPG/exiv2__exiv2-bug443.jpg",
        "previews.images.0.sha256",
        "da75e48cc2b844ffb99ac1587bac6e2154ddbb0d1b7e4ffaea8f239f8e726c40",
    ),
    ("public/JPEG/Lychee__mongolia.jpeg", "previews.thumbnail", "LIKENESS_SAME"),
    # The image stands upright, its thumbnail lies; seen with the eye.
    (
        "public/JPG/metadata-extractor-images__FujiFilm_SP-2500.jpg",
        "previews.images.0.comparison.turn_degrees",
        270,
    ),
    # Bare RGB, 96 x 72 x 3 bytes.
    ("public/JPG/digicam_corpus__DCP15614.JPG", "previews.thumbnail", "LIKENESS_SAME"),
    # Quality by ExifTool's catalogue of tables (-JPEGDigest), subsampling and process by its own tags.
    ("public/JPG/metadata-extractor-images__Kodak_DC240.jpg", "compression.jpeg.quality", 90),
    ("public/JPG/metadata-extractor-images__Kodak_DC240.jpg", "compression.jpeg.quality_exact", True),
    (
        "public/JPG/commons-imaging__Oregon_Scientific_DS6639_-_DSC_0307_-_iptc_added_with_photoshop.jpg",
        "compression.jpeg.quality_stated",
        "Photoshop 9",
    ),
    ("public/JPEG/Lychee__mongolia.jpeg", "compression.chroma_subsampling", "4:2:2"),
    # COD marker of the codestream: transformation 1.
    ("public/JP2/exiv2__Reagan.jp2", "compression.profile", "reversible 5-3"),
    # 'ftyp' stands at byte 18263 + 4; the file has 21008 bytes.
    (
        "public/JPG/nom-exif__motion_photo_pixel_synth.jpg",
        "multi_picture.motion_photo.place.offset_bytes",
        "18263",
    ),
    ("public/JPG/nom-exif__motion_photo_pixel_synth.jpg", "multi_picture.motion_photo.verified", True),
    # FF D8 at byte 60008.
    ("public/MPO/Pillow__sugarshack.mpo", "multi_picture.mpf_images.1.place.offset_bytes", "60008"),
    ("public/MPO/Pillow__sugarshack.mpo", "multi_picture.stereo.images_count", 2),
    ("public/HEIC/pillow_heif__pug.heic", "multi_picture.gain_map.scheme", "GAIN_MAP_SCHEME_APPLE"),
    ("public/AVIF/libavif__colors_hdr_rec2020.avif", "multi_picture.gain_map.capacity_maximum", 1.2),
    (
        "public/JPG/metadata-extractor-images__Android_Depth_Map.jpg",
        "multi_picture.depth_map.format",
        "RangeInverse",
    ),
    (
        "public/AVIF/nom-exif__exif.avif",
        "multi_picture.live_photo.content_identifier",
        "242684F6-0839-44E0-8E39-A8FE43182C29",
    ),
    ("public/APNG/conformance__ref.apng", "multi_picture.animation_frames_count", 60),
    ("public/JPG/mapillary_tools__adobe_coords.jpg", "panorama.spherical", True),
    ("public/JPG/mapillary_tools__adobe_coords.jpg", "panorama.heading_degrees", 176.3),
    # The profile calls itself RGB_D65_SRG_Rel_SRG.
    ("public/APNG/conformance__ref.apng", "colour.icc.family", "sRGB"),
    ("public/JP2/Pillow__balloon_eciRGBv2_aware.jp2", "colour.icc.family", "eciRGB"),
    ("public/AVIF/libavif__colors_hdr_rec2020.avif", "colour.dynamic_range", "PQ"),
    # DCF R03.
    ("public/EXV/exiv2__Sigma_20mm_F1.4_DG_HSM_A.exv", "colour.space", "Adobe RGB"),
    # JP2 says sRGB, the XMP beside it Adobe RGB.
    ("public/JP2/exiv2__Reagan.jp2", "colour.claims_agree", False),
    # Content Credentials: validation state and codes as in expected/*.c2pa.json.
    ("public/JPG/c2pa-rs__C.jpg", "provenance.state", "PROVENANCE_STATE_VALID"),
    ("public/JPG/c2pa-rs__XCA.jpg", "provenance.state", "PROVENANCE_STATE_INVALID"),
    ("public/JPG/c2pa-rs__no_alg.jpg", "provenance.state", "PROVENANCE_STATE_PRESENT_UNVERIFIED"),
    ("public/JPG/c2pa-rs__CA.jpg", "provenance.signer.organization", "C2PA Test Signing Cert"),
    ("public/JPG/c2pa-rs__CA.jpg", "provenance.active_manifest.title", "CA.jpg"),
    (
        "public/_derived/c2pa_signed_sunset.avif",
        "generation.digital_source_types.0.term",
        "trainedAlgorithmicMedia",
    ),
    ("public/JPG/c2pa-rs__C.jpg", "generation.digital_source_types.0.term", "algorithmicMedia"),
    # Parameters as they stand in the text chunks.
    (
        "public/PNG/pypi-sd-parsers__fooocus1_cropped.png",
        "generation.generations.0.prompt",
        "a smiling goldfish",
    ),
    ("public/PNG/pypi-sd-parsers__fooocus1_cropped.png", "generation.generations.0.steps", 30),
    ("public/PNG/pypi-sd-parsers__invokeai_imeta1.png", "generation.generations.0.seed", "3293022630"),
    ("public/PNG/pypi-sd-parsers__novelai1_cropped.png", "generation.generations.0.dialect", "novelai"),
    (
        "public/WEBP/ComfyUI_examples__mochi_simple_checkpoint.webp",
        "generation.generations.0.sampler",
        "euler",
    ),
    ("public/JPG/mapillary_tools__adobe_coords.jpg", "privacy.findings.0.subject", "PRIVACY_SUBJECT_PLACE"),
)
