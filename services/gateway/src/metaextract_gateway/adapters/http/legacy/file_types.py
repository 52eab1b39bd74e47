"""The legacy rule on declared types (§1.4): extension and media type must both be known.

Content decides in the extractor; this only refuses early what the old system refused.
"""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Final

import grpc

from metaextract.extractor.v1 import extractor_pb2 as pb
from metaextract.extractor.v1.extractor_pb2_grpc import ExtractorServiceStub

if TYPE_CHECKING:  # the typed face of the stub, which exists for type checkers only
    from metaextract.extractor.v1.extractor_pb2_grpc import ExtractorServiceAsyncStub

LEGACY_MEDIA_TYPES: Final = (
    "image/jpeg", "image/png", "image/webp", "image/heic", "image/heif", "image/tiff", "image/bmp",
    "image/gif", "image/x-icon", "image/svg+xml", "image/avif", "image/jxl", "image/jp2", "image/jpx",
    "image/jpm", "image/vnd.adobe.photoshop", "image/x-exr", "image/icns", "image/vnd-ms.dds",
    "image/x-tga", "image/x-portable-anymap", "image/vnd.radiance", "application/fits", "image/x-raw",
    "image/x-canon-cr2", "image/x-canon-cr3", "image/x-nikon-nef", "image/x-nikon-nrw", "image/x-sony-arw",
    "image/x-sony-sr2", "image/x-adobe-dng", "image/x-olympus-orf", "image/x-fuji-raf",
    "image/x-pentax-pef", "image/x-sigma-x3f", "image/x-samsung-srw", "image/x-panasonic-rw2",
    "image/x-panasonic-raw", "image/x-leica-rwl", "image/x-hasselblad-3fr", "image/x-phaseone-iiq",
)  # fmt: skip
"""The types that the original accepted, in the order in which its quotes list them (§1.4)."""


_GENERIC: Final = ("", "application/octet-stream", "binary/octet-stream", "application/xml", "text/xml")
"""What clients say that do not know a format, or guess for SVG."""


class FileTypes:
    """The accepted extensions and media types, asked of the extractor once."""

    def __init__(self, list_formats: Callable[[], Awaitable[pb.ListFormatsResponse]]) -> None:
        self._list_formats = list_formats
        self._extensions: frozenset[str] = frozenset()
        self._media_types: frozenset[str] = frozenset()

    async def permit(self, file_name: str, media_type: str) -> bool:
        """Whether the declared name and type may be an image that we read."""
        await self._asked()
        extension = _extension(file_name)
        if extension not in self._extensions:
            return False
        generic = media_type.lower() in _GENERIC
        return generic or media_type.lower() in self._media_types or media_type.lower().startswith("image/")

    async def may_be_quoted(self, file_name: str, media_type: str | None) -> bool:
        """Whether a quote prices such a file: not if both name and type say something that we do not know.

        More is let through than by `permit`, as in the original (§1.6).
        """
        await self._asked()
        extension = _extension(file_name)
        extension_is_foreign = bool(extension) and extension not in self._extensions
        known = LEGACY_MEDIA_TYPES
        type_is_foreign = (
            media_type is not None and media_type not in known and media_type not in self._media_types
        )
        return not (extension_is_foreign and type_is_foreign)

    async def _asked(self) -> None:
        if self._extensions:
            return
        formats = (await self._list_formats()).formats
        self._extensions = frozenset(one for entry in formats for one in entry.extensions)
        self._media_types = frozenset(one for entry in formats for one in entry.media_types)


def file_types_of(extractor: grpc.aio.Channel) -> FileTypes:
    """Return the types that an extractor reads."""
    stub: ExtractorServiceAsyncStub = ExtractorServiceStub(extractor)
    return FileTypes(lambda: stub.ListFormats(pb.ListFormatsRequest()))


def _extension(file_name: str) -> str:
    return file_name.rpartition(".")[2].lower() if "." in file_name else ""
