"""Trees of values with their places, as CBOR and JSON hold them, and the flat fields that ExifTool makes."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from metaextract_extractor.domain.result import Standard
from metaextract_extractor.reading.view import View
from metaextract_extractor.reading.walk import Walk
from metaextract_extractor.reading.walkers.binary import Section, emit

_NEXT_WORD: Final = re.compile(r"([^a-zA-Z])([a-z])")
_NO_NAME: Final = re.compile(r"[^-_a-zA-Z0-9]")


@dataclass(frozen=True, slots=True)
class Leaf:
    """A value as text, and where its bytes stand in the view; `text` None: it has none that we can print."""

    text: str | None
    at: int
    length: int
    described: bool = False
    """The text only says how long the value is, so no change of its bytes shows."""


@dataclass(frozen=True, slots=True)
class Branch:
    """A list, or a map when `keys` are given (one for each child)."""

    children: tuple["Node", ...]
    keys: tuple[str, ...] | None = None


Node = Leaf | Branch


@dataclass(slots=True)
class Names:
    """What is known of the tags of one kind of tree: some names, and which were first met in a list."""

    named: dict[str, str] = field(default_factory=dict)
    lists: dict[str, bool] = field(default_factory=dict)

    def name(self, tag_id: str) -> str:
        """Return ExifTool's name of a tag."""
        if tag_id in self.named:
            return self.named[tag_id]
        name = tag_id.replace(":", "_")
        if name[:4].lower() == "c2pa":
            name = "C2PA" + name[4:]
        name = _NO_NAME.sub("", name)
        name = name[:1].upper() + name[1:]
        return f"Tag{name}" if len(name) < 2 or name[0] in "-0123456789" else name  # noqa: PLR2004


def flatten(node: Node, tag_id: str, *, in_list: bool = False) -> Iterator[tuple[str, Leaf, bool]]:
    """Go through the leaves below a node, with the ids that ExifTool builds from the keys above them."""
    if isinstance(node, Leaf):
        yield tag_id, node, in_list
        return
    if node.keys is None:
        for child in node.children:
            yield from flatten(child, tag_id, in_list=True)
        return
    for key, child in zip(node.keys, node.children, strict=True):
        gap = "_" if key[:1].isdigit() and tag_id[-1:].isdigit() else ""
        joined = f"{tag_id}{gap}{key[:1].upper()}{key[1:]}"
        inner = _NEXT_WORD.sub(lambda found: found[1] + found[2].upper(), joined)
        yield from flatten(child, inner, in_list=in_list)


def emit_tree(node: Branch, view: View, walk: Walk, section: Section, names: Names) -> None:
    """Write down the fields of a tree: values of a tag that first stood in a list become one field."""
    found: list[tuple[str, list[Leaf]]] = []
    open_lists: dict[str, list[Leaf]] = {}
    for tag_id, leaf, in_list in _top(node):
        is_list = names.lists.setdefault(tag_id, in_list)
        if tag_id in open_lists:
            open_lists[tag_id].append(leaf)
            continue
        leaves = [leaf]
        found.append((tag_id, leaves))
        if is_list:
            open_lists[tag_id] = leaves
    for tag_id, leaves in found:
        _emit(tag_id, leaves, view, walk, section, names)


def _top(node: Branch) -> Iterator[tuple[str, Leaf, bool]]:
    keys = node.keys if node.keys is not None else tuple(f"Item{at}" for at in range(len(node.children)))
    for key, child in zip(keys, node.children, strict=True):
        yield from flatten(child, key)


def _emit(tag_id: str, leaves: list[Leaf], view: View, walk: Walk, section: Section, names: Names) -> None:
    texts = [leaf.text for leaf in leaves]
    if None in texts or sum(len(text or "") for text in texts) > walk.budgets.value_bytes_max:
        return
    only = leaves[0] if len(leaves) == 1 else None
    place = (
        view.part(only.at, only.length) if only is not None and only.length and not only.described else None
    )
    value = texts[0] if only is not None else texts
    category = "Author" if tag_id in ("authorName", "authorIdentifier") and section.group == "CBOR" else ""
    emit(walk, section, names.name(tag_id), value, place, tag_id=tag_id, category=category)


def section_of(path: str, group: str) -> Section:
    """Return the section of a tree's fields."""
    return Section(path, group, Standard.JUMBF, "Other")
