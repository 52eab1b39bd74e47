"""What the factory hands around: pieces of metadata and whole images, each with its truth."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class MadeImage:
    """A complete image file and what it is known to say about itself.

    Attributes:
        name: file name with extension, unique for each (format, seed).
        media_type: the type ExifTool reports as ``File:MIMEType``.
        content: the file's bytes.
        tags: ``Group1:Name`` to the value that ``exiftool -G1 -s`` prints; list items joined by ``", "``.
            Known tags only: the file may well hold more (strip offsets, composites).
    """

    name: str
    media_type: str
    content: bytes
    tags: Mapping[str, str]


@dataclass(frozen=True)
class Block:
    """A serialised piece of metadata (an EXIF block, an XMP packet, …) and the tags it holds."""

    content: bytes
    tags: Mapping[str, str]


@dataclass(frozen=True)
class LargeImage:
    """An image too large to hold in memory, as a stream, and what it is known to say about itself.

    Attributes:
        name, media_type, tags: as in ``MadeImage``.
        bytes_total: exact length of the stream.
        chunks: starts the stream anew; pieces of at most 4 MiB, the same ones each time.
    """

    name: str
    media_type: str
    bytes_total: int
    tags: Mapping[str, str]
    chunks: Callable[[], Iterator[bytes]]
