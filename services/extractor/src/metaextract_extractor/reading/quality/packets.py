"""What the part of an XMP packet that is there tells of the rest of it.

Source: ISO 16684-1:2019, 7.3.2 (wrapper, padding of 2 to 4 kB in packets that may be written in place), 7.5
(properties as attributes: the settings of an editor are one start tag of kilobytes).
"""

import re
from dataclasses import dataclass
from typing import Final

PADDING_BYTES: Final = 2000
"""The least padding that the specification advises."""

USUAL_BYTES: Final = 1000
"""How many bytes have to be there until their own density of tags outweighs that of other packets."""

DATA_BYTES: Final = 1000
"""A value that is longer is data (a picture in base64), and the rest of its packet as well."""

_CLOSED: Final = re.compile(rb"</(?:[\w.-]+:)?(?:RDF|xmpmeta|xapmeta)\s*>")
_PADDED: Final = re.compile(rb"\A(?:\xef\xbb\xbf)?\s*<\?xpacket begin")
_ATTRIBUTE: Final = re.compile(rb"\s(?!xmlns:)[\w.-]+:[\w.-]+\s*=\s*[\"']")
_DELIMITERS: Final = (b"<", b">", b'"', b"'")


@dataclass(frozen=True, slots=True)
class Rest:
    """What is expected behind the break of a packet."""

    begun_count: int
    """Properties that are there, in a start tag that does not end."""
    as_dense_bytes: float
    """So many times the tags that are there, for each byte that is there."""
    as_usual_bytes: float
    """Bytes in which as much is expected as such packets have."""


def rest_of(there: bytes, missing_bytes: int) -> Rest:
    """Tell what is expected in the bytes of a packet that are missing. `there`: those before the break."""
    text = there.replace(b"\0", b"")  # UTF-16 and UTF-32
    if _CLOSED.search(text):
        return Rest(0, 0, 0)  # padding
    padding = PADDING_BYTES if _PADDED.match(text) else 0
    left = max(0, missing_bytes - padding)
    opened = text[text.rfind(b"<") :]
    begun = 0 if b">" in opened else len(_ATTRIBUTE.findall(opened))
    value_start = max(text.rfind(mark) for mark in _DELIMITERS)
    if len(text) - value_start > DATA_BYTES:
        return Rest(begun, 0, 0)
    weight = len(there) / (len(there) + USUAL_BYTES)
    return Rest(begun, left * weight, left * (1 - weight))
