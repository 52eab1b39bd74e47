"""From XML elements to XMP properties: the forms of RDF, flattened to ExifTool's names.

Source: ISO 16684-1:2019, section 7 (serialisation): properties as elements or attributes, arrays
(`rdf:Bag`, `rdf:Seq`, `rdf:Alt`), language alternatives, structures (`rdf:Description`,
`rdf:parseType="Resource"`, fields as attributes), `rdf:resource`, `rdf:value`. Properties of blank nodes
(`rdf:nodeID`) are not followed.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from metaextract_extractor.reading.walkers import xmp_schema
from metaextract_extractor.reading.walkers.scalars import valid_name
from metaextract_extractor.reading.walkers.xml_reading import EnoughError, Text
from metaextract_extractor.reading.walkers.xmp_names import NAMESPACES
from metaextract_extractor.reading.walkers.xmp_schema import Property

ITEMS_MAX: Final = 1000
"""Items of one array that are read, as many as ExifTool reads."""

_SILENT: Final = frozenset({"x", "rdf", "xmlns", "xml", "svg", "office"})
"""Prefixes whose elements and attributes are structure, not properties."""
_SILENT_NAMES: Final = frozenset(
    {"et:desc", "et:prt", "et:val", "et:id", "et:tagid", "et:toolkit", "et:table", "et:index"}
)
_ARRAYS: Final = frozenset({"rdf:Bag", "rdf:Seq", "rdf:Alt"})
_SVG_METADATA: Final = re.compile(r"(?:^|\W)(?:metadata|desc|title)$")
_VERSION: Final = re.compile(r"/\d+\.\d+(?=/|$)")
_LANGUAGE: Final = re.compile(r"([a-z]{2,3}|[xi])(-[a-z]{2})\b(.*)", re.IGNORECASE | re.DOTALL)
_ABOUT: Final = {
    "rdf:about": Property("rdf", "About", "about", "Document"),
    "x:xmptk": Property("x", "XMPToolkit", "xmptk", "Document"),
    "x:xaptk": Property("x", "XMPToolkit", "xmptk", "Document"),
}
_SVG_NAMES: Final = {
    "height": "ImageHeight",
    "id": "ID",
    "metadataId": "MetadataID",
    "version": "SVGVersion",
    "width": "ImageWidth",
}
_WITHOUT_VERSION: Final = {_VERSION.sub("/*", uri): prefix for uri, prefix in NAMESPACES.items()}


@dataclass(slots=True)
class Entry:
    """A property that was found; several values if it is a list."""

    found: Property
    values: list[Text]
    special: bool = False
    """Told once in a file, however often it stands there."""


@dataclass(slots=True)
class _Element:
    name: str
    prefixes: dict[str, str]
    attributes: dict[str, Text]
    pushed: bool = True
    items: int = 0
    children: int = 0
    shorthand: bool = False
    muted: bool = False


@dataclass(slots=True)
class Properties:
    """Listens to a document and collects its properties. `svg`: read it as ExifTool reads SVG."""

    entries_max: int
    svg: bool = False
    entries: list[Entry] = field(default_factory=list)
    properties_count: int = 0
    _open: list[_Element] = field(default_factory=list)
    _path: list[str] = field(default_factory=list)
    _arrays: int = 0
    """How many `rdf:li` are open."""
    _lists: dict[tuple[str, str], Entry] = field(default_factory=dict)
    _unknown: dict[tuple[str, str], Property] = field(default_factory=dict)
    _prefix_of: dict[str, str] = field(default_factory=dict)
    """Namespaces that no schema describes -> the prefix used for them."""

    def start(self, name: str, attributes: Sequence[tuple[str, Text]]) -> None:
        """Enter an element and take the properties that its attributes are."""
        outer = self._open[-1] if self._open else None
        prefixes = outer.prefixes if outer else {}
        for key, text in attributes:
            if key.startswith("xmlns:"):
                prefixes = self._declare(prefixes, key[6:], text.value)
        values = {_translated(key, prefixes): text for key, text in attributes}
        one = _Element(_translated(name, prefixes), prefixes, values)
        self._name(one, outer)
        self._open.append(one)
        if one.pushed:
            self._path.append(one.name)
            self._arrays += one.name == "rdf:li"
        if self.svg:
            self._enter_svg(one)
        if not one.muted:
            self._take_attributes(one)

    def end(self, text: Text, *, empty: bool) -> None:
        """Leave an element: without elements in it, its text is a value."""
        one = self._open.pop()
        if not one.muted and one.children == 0:
            self._take_text(one, text, empty=empty)
        if one.pushed:
            self._arrays -= one.name == "rdf:li"
            self._path.pop()

    def leave_out_open(self) -> None:
        """Leave out the array in which the document breaks off: the rest of it is not there."""
        arrays = any(one.name in _ARRAYS for one in self._open)
        if arrays and self.entries and self.entries[-1].found.listed:
            self.entries.pop()

    def _declare(self, prefixes: dict[str, str], prefix: str, uri: str) -> dict[str, str]:
        """Note what a prefix stands for: the usual prefix of its namespace, if it has one."""
        usual = _usual_prefix(uri)
        if usual is None:
            usual = self._prefix_of.get(uri)
            if usual is None:
                usual = prefix
                if prefix in self._prefix_of.values() or prefix in xmp_schema.PREFIXES:
                    usual = f"tmp{sum(one.startswith('tmp') for one in self._prefix_of.values())}"
                if len(self._prefix_of) < ITEMS_MAX:
                    self._prefix_of[uri] = usual
        if prefixes.get(prefix, prefix) == usual:
            return prefixes
        return {**prefixes, prefix: usual} if len(prefixes) < ITEMS_MAX else prefixes

    def _name(self, one: _Element, outer: _Element | None) -> None:
        """Set apart what the name of an element alone decides."""
        one.muted = "rdf:nodeID" in one.attributes
        if outer:
            outer.children += 1
            one.muted = one.muted or outer.muted
        if one.name == "rdf:li" and outer:
            one.muted = one.muted or outer.items >= ITEMS_MAX
            if outer.items == 0 and self._arrays == 0:
                self._lists.clear()
            outer.items += 1
        elif one.name == "rdf:Description":
            one.pushed = "rdf:Description" not in self._path
        elif one.name == "xmp:xmpmeta":
            one.name = "x:xmpmeta"

    def _enter_svg(self, one: _Element) -> None:
        """Only the outermost element and what describes it are read."""
        if len(self._path) > 1 and not _SVG_METADATA.search(self._path[1]):
            one.muted = True
        if one.name in ("svg", "metadata") and one.pushed:
            self._path[-1] = f"svg:{one.name}"

    def _take_attributes(self, one: _Element) -> None:
        for key, text in list(one.attributes.items()):
            prefix, colon, _ = key.partition(":")
            if not colon:
                prefix = one.name.partition(":")[0] if ":" in one.name else ""
            name = key if colon or not prefix else f"{prefix}:{key}"
            if name in _ABOUT and text.value:
                self._add(Entry(_ABOUT[name], [text], special=True))
            if prefix in _SILENT or name in _SILENT_NAMES:
                continue
            del one.attributes[key]
            self._take([*self._path, name], text, None, alternatives=False)
            one.shorthand = True

    def _take_text(self, one: _Element, text: Text, *, empty: bool) -> None:
        if one.name == "rdf:Description":
            text = _stripped(text)
        resource = None
        if text.value == "" and empty:
            resource = (
                one.attributes.get("rdf:value")
                or one.attributes.get("rdf:resource")
                or one.attributes.get("rdf:about")
            )
            text = resource or text
        if (not text.value and one.shorthand) or (resource and self._path and self._path[-1] == "rdf:type"):
            return
        encoding = one.attributes.get("rdf:datatype") or one.attributes.get("et:encoding")
        if encoding and "base64" in encoding.value:
            return
        language = one.attributes.get("xml:lang")
        in_array = len(self._path) > 2 and self._path[-1] == "rdf:li"  # noqa: PLR2004 - property, array, item
        array = self._path[-2] if in_array else ""
        self._take(
            self._path,
            text,
            language.value if language else None,
            alternatives=array == "rdf:Alt",
            listed=array in ("rdf:Bag", "rdf:Seq", "rdf:Alt"),
        )

    def _take(
        self, path: list[str], text: Text, language: str | None, *, alternatives: bool, listed: bool = False
    ) -> None:
        names = [one for one in map(_split, path) if one is not None]
        if not names:
            return
        found = self._find(path, names)
        if found is None:
            return
        if not found.known:
            found = self._unknown.setdefault(
                (found.group, found.tag_id),
                replace(
                    found,
                    name=valid_name(found.name),
                    language_alternatives=bool(language and alternatives),
                    listed=listed and not (language and alternatives),
                ),
            )
        if language and language.lower() != "x-default" and found.language_alternatives:
            code = _standard_language(language).replace("_", "-")
            found = replace(found, name=f"{found.name}-{code}", tag_id=f"{found.tag_id}-{code}")
        self._collect(found, text)

    def _collect(self, found: Property, text: Text) -> None:
        entry = self._lists.get((found.group, found.tag_id)) if found.listed else None
        if entry is not None:
            entry.values.append(text)
            self._count()
            return
        entry = Entry(found, [text])
        if found.listed:
            self._lists[found.group, found.tag_id] = entry
        self._add(entry)

    def _add(self, entry: Entry) -> None:
        self.entries.append(entry)
        self._count()

    def _count(self) -> None:
        self.properties_count += 1
        if self.properties_count >= self.entries_max:
            raise EnoughError

    def _find(self, path: list[str], names: list[tuple[str, str]]) -> Property | None:
        prefix = next((one for one, _ in names if one), "")
        group = xmp_schema.group_of(prefix)
        names = [(one, _lower(group, identifier)) for one, identifier in names]
        if self.svg and not xmp_schema.is_known(group) and path[0] == "svg:svg":
            identifier = xmp_schema.joined([one for _, one in names])
            if not prefix:
                return _svg_property(path, identifier)
            if not any(one.startswith("rdf:") for one in path):
                name, tag_id = xmp_schema.capital(identifier), f"{prefix}:{identifier}"
                manifest = tag_id == "c2pa:manifest"  # told by the walker of SVG
                return Property(f"SVG-{prefix}", name, tag_id, "Unknown", known=False, left_out=manifest)
        if not prefix:
            return None
        found = xmp_schema.find(names)
        return replace(found, group=f"XMP-{found.group}")


def _svg_property(path: list[str], identifier: str) -> Property:
    if identifier == "id" and len(path) > 1 and path[1] == "svg:metadata":
        identifier = "metadataId"
    name = _SVG_NAMES.get(identifier)
    return Property(
        "SVG", name or xmp_schema.capital(identifier), identifier, "Image", known=name is not None
    )


def _usual_prefix(uri: str) -> str | None:
    """Return the usual prefix of a namespace, forgiving a slash at the end and another version."""
    other = uri.removesuffix("/") if uri.endswith("/") else f"{uri}/"
    found = NAMESPACES.get(uri) or NAMESPACES.get(other)
    return found or (_WITHOUT_VERSION.get(_VERSION.sub("/*", uri)) if _VERSION.search(uri) else None)


def _translated(name: str, prefixes: dict[str, str]) -> str:
    prefix, colon, rest = name.partition(":")
    return f"{prefixes[prefix]}:{rest}" if colon and prefix in prefixes else name


def _split(name: str) -> tuple[str, str] | None:
    """Return prefix and identifier of a property; None for what is only structure."""
    prefix, colon, rest = name.partition(":")
    if not colon:
        return "", name
    return None if prefix in _SILENT or name in _SILENT_NAMES else (prefix, rest)


def _lower(group: str, identifier: str) -> str:
    """Names in capitals alone are written small, unless a schema has them so."""
    if re.search("[a-z]", identifier) or xmp_schema.is_named(group, identifier):
        return identifier
    return re.sub("_([a-z])", lambda match: match[1].upper(), identifier.lower())


def _stripped(text: Text) -> Text:
    return Text(text.value.strip(), None) if text.value != text.value.strip() else text


def _standard_language(code: str) -> str:
    match = _LANGUAGE.fullmatch(code)
    return f"{match[1].lower()}{match[2].upper()}{match[3].lower()}" if match else code.lower()
