"""Says in which format a file is, what that rests on, and whether its name says the same."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from metaextract_extractor.domain.formats import BY_EXTENSION, BY_NAME, Format, fitting_extension, sniff
from metaextract_extractor.domain.quality import Recommendation
from metaextract_extractor.domain.result import Basis, DetectedFormat

_BRANDED: Final = frozenset({"AVIF", "CR3", "HEIF", "WEBP"})
"""Families that are told by a brand (ISO-BMFF `ftyp`) or a form type (RIFF), not by constant bytes alone."""

_SAID_FOR_ANY: Final = frozenset({"", "application/octet-stream", "binary/octet-stream"})

_ALSO_NAMED: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "ARW": ("sr2", "srf"),  # of one maker, and told apart by little but the name
        "AVIF": ("heif", "heifs", "hif"),
        "JP2": ("j2k", "j2c", "jpc"),  # with and without boxes, programs write one name for both
        "JPX": ("j2k", "j2c", "jpc"),
        "J2C": ("jp2", "jpf", "jpx"),
        "NEF": ("nrw",),
        "NRW": ("nef",),
        "PBM": ("pnm",),
        "PGM": ("pnm",),
        "SR2": ("arw", "srf"),
        "TIFF": ("raw",),  # scanners and backs whose raw files are TIFF
    }
)
"""Extensions that a format may carry, besides its own and what `_may_be_named` allows to all."""

_ALSO_DECLARED: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "JPEG": ("image/jpg",),
        "MPO": ("image/jpg",),
        "ICO": ("image/x-cursor", "image/vnd.microsoft.cursor"),
        "J2C": ("image/jp2", "image/jpx"),
        "SVG": ("application/xml", "text/xml"),
        "SVGZ": ("application/gzip", "application/x-gzip"),
    }
)
"""Media types that nobody registered, but that are said for it, or that its wrapping has."""


def detected(
    head: bytes,
    *,
    engine_name: str,
    engine_media_type: str = "",
    declared_media_type: str = "",
    extension: str = "",
    walked: bool = True,
) -> DetectedFormat:
    """Combine what the first bytes show with what the engines found inside.

    The engines' answer is the finer one, unless it is no short name of ours (`Extended WEBP`). It rests
    on the signature if the first bytes alone say the same, on what stands inside the container if they
    show its container, and on the file name otherwise. `extension`: of the file name, a known one or empty.
    `walked`: our walkers looked inside; if they could not and no engine knew it, the name decides. The name
    of the result is empty if nobody knows one.
    """
    family = sniff(head)
    name = _name(head, family, engine_name, extension, walked=walked)
    known = BY_NAME.get(name)
    if known is None:
        return DetectedFormat("", engine_media_type, Basis.EXTENSION)
    disagrees = not _may_be_declared(known, declared_media_type)
    return DetectedFormat(
        name,
        known.media_types[0],
        _basis(known, family),
        declared_media_type if disagrees else "",
        "" if _may_be_named(known, extension) else extension,
    )


def disagreement(found: DetectedFormat) -> Recommendation | None:
    """Return what to do about a name or media type that is another format's; None if neither is."""
    said = []
    if found.declared_extension:
        said.append(f"its name ends in .{found.declared_extension}")
    if found.declared_media_type:
        said.append(f"it was sent as {found.declared_media_type}")
    if not said:
        return None
    extension = BY_NAME[found.name].extensions[0]
    action = (
        f"The file is {found.name}, though {' and '.join(said)}. "
        f"Name it .{extension} and send it as {found.media_type}: programs that go by the name will fail."
    )
    return Recommendation(action, "format", "FORMAT_DISAGREES")


def _name(head: bytes, family: str, engine_name: str, extension: str, *, walked: bool) -> str:
    if engine_name in BY_NAME:
        return engine_name
    if family in BY_NAME:
        return family
    if family == "PNM":
        return BY_EXTENSION[fitting_extension(head, "")].name
    named = BY_EXTENSION.get(extension)
    return named.name if named and not walked else ""


def _basis(known: Format, family: str) -> Basis:
    if known.family == "none" or not family:  # those have no signature, they only look like one
        return Basis.EXTENSION
    if family in _BRANDED:
        return Basis.CONTAINER_BRAND
    return Basis.SIGNATURE if family in (known.name, "PNM") else Basis.CONTAINER_BRAND


def _may_be_named(known: Format, extension: str) -> bool:
    """Whether a file of this format may have this extension.

    Its own, none at all, that of its container, or that of something whose container is all that is known of
    the file: without ExifTool, many camera raw files are just TIFF.
    """
    named = BY_EXTENSION.get(extension)
    if named is None or named == known:
        return True
    return (
        named.name == known.family
        or named.family == known.name
        or extension in _ALSO_NAMED.get(known.name, ())
        or (named.name == "RAW" and known.raw)
    )


def _may_be_declared(known: Format, media_type: str) -> bool:
    plain = media_type.partition(";")[0].strip().lower()
    if plain in _SAID_FOR_ANY or plain in known.media_types or plain in _ALSO_DECLARED.get(known.name, ()):
        return True
    others = [entry for entry in BY_NAME.values() if plain in entry.media_types]
    if not others:  # a name for images that we do not know contradicts nothing
        return plain.startswith("image/")
    return any(_may_be_named(known, entry.extensions[0]) for entry in others)
