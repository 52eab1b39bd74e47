"""The legacy rule on declared types (§1.4): extension and media type must both be known.

Content decides in the extractor; this only refuses early what the old system refused.
"""

from collections.abc import Awaitable, Callable

from metaextract.extractor.v1 import extractor_pb2 as pb


class FileTypes:
    """The accepted extensions and media types, asked of the extractor once."""

    def __init__(self, list_formats: Callable[[], Awaitable[pb.ListFormatsResponse]]) -> None:
        self._list_formats = list_formats
        self._extensions: frozenset[str] = frozenset()
        self._media_types: frozenset[str] = frozenset()

    async def permit(self, file_name: str, media_type: str) -> bool:
        """Whether the declared name and type may be an image that we read."""
        if not self._extensions:
            formats = (await self._list_formats()).formats
            self._extensions = frozenset(one for entry in formats for one in entry.extensions)
            self._media_types = frozenset(one for entry in formats for one in entry.media_types)
        extension = file_name.rpartition(".")[2].lower() if "." in file_name else ""
        if extension not in self._extensions:
            return False
        # Clients that do not know a format say octet-stream, or nothing, or guess a text type for SVG.
        generic = media_type.lower() in ("", "application/octet-stream", "application/xml", "text/xml")
        return generic or media_type.lower() in self._media_types or media_type.lower().startswith("image/")
