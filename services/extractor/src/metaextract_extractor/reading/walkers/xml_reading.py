"""A streaming XML reader that knows where each text stands. Entities are refused, depth is limited.

Built on expat (XML 1.0, fifth edition), whose byte index counts in the document as it was given, so that
places are right in UTF-8 and in UTF-16. Attributes are found again in the bytes of their tag.
"""

import re
import sys
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final, Protocol
from xml.parsers import expat

from metaextract_extractor.reading.walkers.scalars import utf8
from metaextract_extractor.reading.walkers.xml_encoding import (
    REFERENCE,
    character,
    encoding_of,
    utf8_or_utf16,
)

Span = tuple[int, int]
"""First byte and the one behind the last, counted from the beginning of the document."""

_ATTRIBUTE: Final = re.compile(r"\s+[^\s=>/]+\s*=\s*(?:\"([^\"]*)\"|'([^']*)')")
_TAG_NAME: Final = re.compile(r"<[^\s/>]+")
_AT_THE_END: Final = frozenset(
    expat.errors.codes[message]
    for message in (
        expat.errors.XML_ERROR_NO_ELEMENTS,
        expat.errors.XML_ERROR_UNCLOSED_TOKEN,
        expat.errors.XML_ERROR_PARTIAL_CHAR,
        expat.errors.XML_ERROR_UNCLOSED_CDATA_SECTION,
    )
)
"""Errors that are met at the end of a document alone."""
_BLANK: Final = b" \t\r\n\0"


class Stop(Enum):
    """Why reading ended before the root element did."""

    DAMAGED = auto()
    """It is not well formed."""
    UNFINISHED = auto()
    """The document ends before its root element does."""
    ENTITIES = auto()
    """It declares entities, or a document type where none belongs."""
    DEPTH = auto()
    """It is nested deeper than allowed."""
    ENOUGH = auto()
    """The listener wanted no more."""


class EnoughError(Exception):
    """Raised by a listener that wants no more."""


class _RefusedError(Exception):
    def __init__(self, why: Stop) -> None:
        super().__init__(why.name)
        self.why = why


@dataclass(frozen=True, slots=True)
class Text:
    """A value and where it stands; `span` is None if it is in several pieces or has no place."""

    value: str
    span: Span | None


@dataclass(frozen=True, slots=True)
class End:
    """How a reading ended: None for `stop` if the root element was closed, and how far it came."""

    stop: Stop | None
    at: int


class Listener(Protocol):
    """What wants to hear of elements."""

    def start(self, name: str, attributes: Sequence[tuple[str, Text]]) -> None:
        """An element begins; attributes in the order of the document."""
        ...

    def end(self, text: Text, *, empty: bool) -> None:
        """The innermost element ends; `text` is its own character data, `empty` if it has no content."""
        ...


def read_xml(data: bytes, listener: Listener, *, depth_max: int, doctype: bool = False) -> End:
    """Read one document; never raises for what is in it. `doctype`: whether it may have a document type."""
    start = len(data) - len(data.lstrip(_BLANK)) if data[:2] not in (b"\0<", b"\0\0") else 0
    encoding, mark = encoding_of(data[start : start + 4])
    start += mark
    return _Reader(data, start, encoding, listener, depth_max, doctype=doctype).run()


@dataclass(slots=True)
class _Element:
    """An element that is open: what is known of its own text."""

    parts: list[str]
    begin: int = -1
    end: int = -1
    pieces: bool = False
    """Whether something other than text stands in it, so that the text has no single place."""
    empty: bool = True


class _Reader:
    def __init__(
        self, data: bytes, start: int, encoding: str, listener: Listener, depth_max: int, *, doctype: bool
    ) -> None:
        self._placed = not encoding.startswith("utf-32")
        self._unit = 2 if encoding.startswith("utf-16") else 1
        self._base = start if self._placed else 0
        self._document = utf8_or_utf16(data[start:], encoding)
        self._listener = listener
        self._depth_max = depth_max
        self._open: list[_Element] = []
        self._closed_at = -1
        self._units_text: str | None = None
        self._big = encoding == "utf-16-be"
        self._parser = self._make_parser("utf-8" if self._unit == 1 else encoding, doctype=doctype)

    def _make_parser(self, encoding: str, *, doctype: bool) -> expat.XMLParserType:
        parser = expat.ParserCreate(encoding.upper().replace("-LE", "LE").replace("-BE", "BE"))
        parser.ordered_attributes = True
        parser.buffer_text = False
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        parser.CommentHandler = self._other
        parser.ProcessingInstructionHandler = self._other
        parser.StartCdataSectionHandler = self._cdata
        parser.EndCdataSectionHandler = self._cdata_end
        parser.EntityDeclHandler = self._refuse
        parser.UnparsedEntityDeclHandler = self._refuse
        if not doctype:
            parser.StartDoctypeDeclHandler = self._refuse
        return parser

    def run(self) -> End:
        try:
            self._parser.Parse(self._document, True)
        except expat.ExpatError as error:
            if self._closed_at < 0:
                why = Stop.UNFINISHED if error.code in _AT_THE_END else Stop.DAMAGED
                return End(why, self._at(self._parser.ErrorByteIndex))
        except _RefusedError as refused:
            return End(refused.why, self._at(self._parser.CurrentByteIndex))
        except EnoughError:
            return End(Stop.ENOUGH, self._at(self._parser.CurrentByteIndex))
        if self._closed_at < 0:
            return End(Stop.DAMAGED, self._at(len(self._document)))
        return End(None, self._closed_at)

    def _at(self, index: int) -> int:
        return self._base + max(index, 0)

    def _start(self, name: str, attributes: list[str]) -> None:
        if len(self._open) >= self._depth_max:
            raise _RefusedError(Stop.DEPTH)
        if self._open:
            self._open[-1].pieces = True
            self._open[-1].empty = False
        pairs = list(zip(attributes[::2], attributes[1::2], strict=True))
        spans = self._attribute_spans(len(pairs)) if pairs else []
        found = [(key, self._attribute(value, span)) for (key, value), span in zip(pairs, spans, strict=True)]
        self._open.append(_Element([]))
        self._listener.start(name, found)

    def _end(self, _name: str) -> None:
        one = self._open.pop()
        at = self._parser.CurrentByteIndex
        span = None
        value = "".join(one.parts)
        if one.begin >= 0 and not one.pieces:
            first, last = one.begin, one.end if one.end >= 0 else at
            if b"\r" in self._document[first:last]:
                value = self._as_written(first, last, value)
            span = (self._at(first), self._at(last)) if self._placed else None
        if not self._open:
            self._closed_at = self._behind_tag(at)
        self._listener.end(Text(value, span), empty=one.empty)

    def _text(self, text: str) -> None:
        one = self._open[-1]
        one.empty = False
        if one.begin < 0:
            one.begin = self._parser.CurrentByteIndex
        elif one.end >= 0:
            one.pieces = True
        one.parts.append(text)

    def _other(self, *_ignored: str) -> None:
        if self._open:
            self._open[-1].pieces = True
            self._open[-1].empty = False

    def _cdata(self) -> None:
        one = self._open[-1]
        one.empty = False
        if one.begin >= 0:
            one.pieces = True

    def _cdata_end(self) -> None:
        one = self._open[-1]
        one.end = self._parser.CurrentByteIndex

    def _refuse(self, *_declaration: object) -> None:
        raise _RefusedError(Stop.ENTITIES)

    def _units(self) -> str:
        """Return the document with one character for each byte, or for each two in UTF-16."""
        if self._units_text is None:
            if self._unit == 1:
                self._units_text = self._document.decode("latin-1")
            else:
                units = array("H", self._document[: len(self._document) // 2 * 2])
                if self._big != (sys.byteorder == "big"):
                    units.byteswap()
                self._units_text = "".join(map(chr, units))
        return self._units_text

    def _attribute_spans(self, count: int) -> list[Span | None]:
        """Find the attributes of the tag that begins here again in its bytes."""
        units = self._units()
        name = _TAG_NAME.match(units, self._parser.CurrentByteIndex // self._unit)
        spans: list[Span | None] = []
        at = name.end() if name else 0
        while name and len(spans) < count:
            match = _ATTRIBUTE.match(units, at)
            if match is None:
                break
            at = match.end()
            first, last = match.span(1) if match[1] is not None else match.span(2)
            spans.append((first * self._unit, last * self._unit))
        return spans if len(spans) == count else [None] * count

    def _attribute(self, value: str, span: Span | None) -> Text:
        if span is None:
            return Text(value, None)
        first, last = span
        written = self._document[first:last]
        if b"\n" in written or b"\t" in written or b"\r" in written:
            value = self._as_written(first, last, value)
        return Text(value, (self._at(first), self._at(last)) if self._placed and last > first else None)

    def _as_written(self, first: int, last: int, value: str) -> str:
        """Return a value with its line ends and tabs as they stand, which XML turns into others."""
        written = self._document[first:last]
        if b"<![CDATA[" in written:
            return value
        if self._unit == 1:
            return REFERENCE.sub(character, utf8(written))
        text = written.decode("utf-16-be" if self._big else "utf-16-le", "replace")
        return REFERENCE.sub(character, text)

    def _behind_tag(self, at: int) -> int:
        units = self._units()
        end = units.find(">", at // self._unit)
        return self._at((end + 1) * self._unit if end >= 0 else len(self._document))
