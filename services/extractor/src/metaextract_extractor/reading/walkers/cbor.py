"""CBOR, read into a tree with places: bounded in depth and count, no length believed before it is checked.

Source: RFC 8949, section 3 (major types) and 3.4 (tags).
"""

import re
import struct
from typing import Final

from metaextract_extractor.reading.walkers.binary import binary_text, number_text
from metaextract_extractor.reading.walkers.trees import Branch, Leaf, Node

DEPTH_MAX: Final = 24
NODES_MAX: Final = 20_000
_UNSIGNED, _NEGATIVE, _BYTES, _TEXT, _LIST, _MAP, _TAG, _SIMPLE = range(8)
_WIDTHS: Final = {24: 1, 25: 2, 26: 4, 27: 8}
_INDEFINITE: Final = 31
_SIMPLE_TEXTS: Final = {20: "False", 21: "True", 22: "null", 23: "undef"}
_DATE_TEXT: Final = 0
_CONVERTED_TAGS: Final = frozenset({1, 2, 3, 4, 5})
"""Tags whose values ExifTool converts in ways that depend on the machine or lose digits."""
_DATE: Final = re.compile(r"(\d{4})-(\d{2})-(\d{2})[T ](\d{2}:\d{2})(:\d{2})?\s*(\S*)")


class CborError(Exception):
    """The bytes are no CBOR, or nest deeper than allowed. The text is a reason without a value."""


class _Break:
    """The end of a list or map of unknown length."""


_BREAK: Final = _Break()


class CborReader:
    """Reads items one behind the other."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._nodes = 0
        self.at = 0

    def item(self, depth: int = 0) -> Node:
        """Read the next item; raises `CborError`."""
        node = self._any(depth)
        if isinstance(node, _Break):
            raise CborError("unexpected break")
        return node

    def _any(self, depth: int) -> Node | _Break:
        self._nodes += 1
        if depth > DEPTH_MAX or self._nodes > NODES_MAX:
            raise CborError("too deep or too many")
        start = self.at
        major, kind, number = self._head()
        if major in (_UNSIGNED, _NEGATIVE):
            # ExifTool prints a negative number one too high, so none is printed here.
            return Leaf(str(number) if major == _UNSIGNED else None, start, self.at - start)
        if major in (_BYTES, _TEXT):
            return self._string(major, number, depth)
        if major in (_LIST, _MAP):
            return self._branch(major, number, depth)
        if major == _TAG:
            return self._tagged(number, depth)
        if kind == _INDEFINITE:
            return _BREAK
        return Leaf(self._simple(kind, number), start, self.at - start)

    def _head(self) -> tuple[int, int, int]:
        byte = self._take(1)[0]
        kind = byte & 0x1F
        if kind < 24:  # noqa: PLR2004 - the number stands in the byte itself
            return byte >> 5, kind, kind
        if kind == _INDEFINITE:
            return byte >> 5, kind, -1
        if kind not in _WIDTHS:
            raise CborError("reserved length")
        return byte >> 5, kind, int.from_bytes(self._take(_WIDTHS[kind]), "big")

    def _take(self, length: int) -> bytes:
        if length < 0 or self.at + length > len(self._content):
            raise CborError("cut off")
        self.at += length
        return self._content[self.at - length : self.at]

    def _string(self, major: int, length: int, depth: int) -> Leaf:
        if length < 0:
            return self._pieces(depth)
        start = self.at
        content = self._take(length)
        if major == _BYTES:
            return Leaf(binary_text(length), start, length, described=True)
        return Leaf(content.decode("utf-8", "replace"), start, length)

    def _pieces(self, depth: int) -> Leaf:
        """Skip a string in pieces; it has no one place, and what ExifTool makes of it is no text."""
        start = self.at
        while not isinstance(self._any(depth + 1), _Break):
            pass
        return Leaf(None, start, 0)

    def _branch(self, major: int, count: int, depth: int) -> Branch:
        children: list[Node] = []
        wanted = count * 2 if major == _MAP else count
        # Every item takes a byte, so no more of them can follow than there are bytes.
        if wanted > len(self._content) - self.at:
            raise CborError("cut off")
        while count < 0 or len(children) < wanted:
            node = self._any(depth + 1)
            if isinstance(node, _Break):
                if count >= 0:
                    raise CborError("unexpected break")
                break
            children.append(node)
        if major == _LIST:
            return Branch(tuple(children))
        keys = tuple(self._key(node) for node in children[0::2])
        return Branch(tuple(children[1::2]), keys[: len(children) // 2])

    @staticmethod
    def _key(node: Node) -> str:
        return node.text or "" if isinstance(node, Leaf) else ""

    def _tagged(self, number: int, depth: int) -> Node:
        node = self.item(depth + 1)
        if not isinstance(node, Leaf) or node.text is None:
            return node
        if number == _DATE_TEXT:
            return Leaf(_date(node.text), node.at, node.length)
        return Leaf(None, node.at, node.length) if number in _CONVERTED_TAGS else node

    def _simple(self, kind: int, number: int) -> str | None:
        if kind in (26, 27):
            width = _WIDTHS[kind]
            content = self._content[self.at - width : self.at]
            (value,) = struct.unpack(">f" if width == 4 else ">d", content)  # noqa: PLR2004
            return number_text(value)
        return _SIMPLE_TEXTS.get(number) if kind < 24 else None  # noqa: PLR2004


def _date(text: str) -> str:
    """Turn a date of RFC 3339 into ExifTool's form."""
    found = _DATE.fullmatch(text)
    if found is None:
        return text
    year, month, day, minutes, seconds, zone = found.groups()
    return f"{year}:{month}:{day} {minutes}{seconds or ''}{zone}"
