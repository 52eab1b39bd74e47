"""The layers of a Photoshop document: names, places, blending.

Source: Adobe Photoshop File Formats Specification (November 2019), "Layer and Mask Information Section".
"""

import struct
from dataclasses import dataclass, field
from typing import Any, Final

from metaextract_extractor.domain.result import Standard
from metaextract_extractor.reading.view import View
from metaextract_extractor.reading.walk import Walk
from metaextract_extractor.reading.walkers.binary import as_raw, as_text
from metaextract_extractor.reading.walkers.photoshop_resources import unicode_text
from metaextract_extractor.reading.walkers.scalars import western

_BLEND_MODES: Final = {
    "colr": "Color", "dark": "Darken", "diff": "Difference", "diss": "Dissolve", "div ": "Color Dodge",
    "dkCl": "Darker Color", "fdiv": "Divide", "fsub": "Subtract", "hLit": "Hard Light", "hMix": "Hard Mix",
    "hue ": "Hue", "idiv": "Color Burn", "lLit": "Linear Light", "lbrn": "Linear Burn",
    "lddg": "Linear Dodge", "lgCl": "Lighter Color", "lite": "Lighten", "lum ": "Luminosity",
    "mul ": "Multiply", "norm": "Normal", "over": "Overlay", "pLit": "Pin Light", "pass": "Pass Through",
    "sLit": "Soft Light", "sat ": "Saturation", "scrn": "Screen", "smud": "Exclusion", "vLit": "Vivid Light",
}  # fmt: skip
_COLORS: Final = {
    0: "None",
    1: "Red",
    2: "Orange",
    3: "Yellow",
    4: "Green",
    5: "Blue",
    6: "Violet",
    7: "Gray",
}
_SECTIONS: Final = {0: "Layer", 1: "Folder (open)", 2: "Folder (closed)", 3: "Divider"}
_SIGNATURES: Final = (b"8BIM", b"MIB8")
_EXTRA_SIGNATURES: Final = (b"8BIM", b"8B64")
_LONG_IN_PSB: Final = frozenset(
    {b"LMsk", b"Lr16", b"Lr32", b"Layr", b"Mt16", b"Mt32", b"Mtrn", b"Alph", b"FMsk", b"lnk2", b"FEid",
     b"FXid", b"PxSD"}
)  # fmt: skip
_EXTRA_NAMES: Final = {b"luni": "LayerUnicodeNames", b"lclr": "LayerColors", b"lsct": "LayerSections"}
_EXTRA_IDS: Final = {name: code.decode() for code, name in _EXTRA_NAMES.items()}
_LAYERS_MAX: Final = 32768
_LAYER_BYTES_MIN: Final = 18
_HIDDEN: Final = 2


@dataclass(slots=True)
class _List:
    """The values of one property, layer by layer, and where the first one stands."""

    raws: list[object]
    printed: list[str]
    at: View | None = None


@dataclass(slots=True)
class _Layers:
    section: View
    walk: Walk
    large: bool
    lists: dict[str, _List] = field(default_factory=dict)
    extras: dict[str, int] = field(default_factory=dict)
    """How many layers each additional property has been told of."""

    def add(self, name: str, raw: object, printed: str, at: View | None) -> None:
        one = self.lists.get(name)
        if one is None:
            self.lists[name] = _List([raw], [printed], at)
            return
        one.raws.append(raw)
        one.printed.append(printed)
        one.at = None


def layer_info(whole: View, size: int) -> View:
    """Return the layer info from its count on; in 16-bit documents it stands in a block of its own."""
    length = int.from_bytes(whole.read(0, size), "big")
    at = size
    if length == 0 and whole.read(size, 2) == b"\0\0":
        head = size + 4
        for _ in range(2):
            if not whole.has(head, 8 + size + 2):
                break
            code = whole.read(head, 8)
            if code == b"8BIMLr16":
                length = int.from_bytes(whole.read(head + 8, size), "big")
                at = head + 8 + size
                break
            if code != b"8BIMMt16":
                break
            head += 8 + size
    return whole.part(at, min(max(length, 2), whole.size_bytes - at))


def read_layers(content: View, walk: Walk, path: str, *, large: bool) -> None:
    """Read all layers and write their properties down as lists."""
    layers = _Layers(content, walk, large)
    count = abs(int.from_bytes(content.read(0, 2), "big", signed=True))
    _read_layers(layers, min(count, _LAYERS_MAX))
    _write_layers(layers, count, path)


def _read_layers(layers: _Layers, count: int) -> None:
    at = 2
    for index in range(count):
        after = _read_layer(layers, at, index)
        if after is None:
            return
        at = after
    for name, told in layers.extras.items():
        for _ in range(count - told):
            _add_extra(layers, name, None)


def _read_layer(layers: _Layers, at: int, index: int) -> int | None:
    """Read one layer record; return where the next begins, None if there is no more."""
    section = layers.section
    if not section.has(at, _LAYER_BYTES_MIN):
        return None
    rectangle = section.part(at, 16)
    values = struct.unpack(">4IH", section.read(at, 18))
    layers.add("LayerRectangles", _joined(values[:4]), _joined(values[:4]), rectangle)
    at += _LAYER_BYTES_MIN + values[4] * (10 if layers.large else 6)
    if not section.has(at, 20) or section.read(at, 4) not in _SIGNATURES:
        return None
    _add_appearance(layers, section.part(at, 12))
    extra_length, mask_length = struct.unpack(">II", section.read(at + 12, 8))
    end: int = at + 16 + extra_length
    at += 20 + mask_length
    if not section.has(at, 4):
        return None
    at += 4 + int.from_bytes(section.read(at, 4), "big")
    if not section.has(at, 1):
        return None
    length = section.read(at, 1)[0]
    if not section.has(at + 1, length):
        return None
    name = section.read(at + 1, length).split(b"\0")[0]
    place = section.part(at + 1, len(name)) if name else None
    text = western(name)
    layers.add("LayerNames", text, text, place)
    _read_extras(layers, at + (length + 4) // 4 * 4, end, index)
    return end


def _add_appearance(layers: _Layers, record: View) -> None:
    mode = record.read(4, 4)
    opacity, _clipping, flags = record.read(8, 3)
    code = mode.decode("latin-1")
    layers.add("LayerBlendModes", code, _BLEND_MODES.get(code, f"Unknown ({code})"), record.part(4, 4))
    percent = 100 * opacity / 255
    layers.add("LayerOpacities", _whole(percent), f"{int(percent)}%", record.part(8, 1))
    hidden = flags & _HIDDEN
    layers.add("LayerVisible", hidden, "No" if hidden else "Yes", None)


def _read_extras(layers: _Layers, at: int, end: int, index: int) -> None:
    section = layers.section
    while at + 12 <= end and section.has(at, 12):
        signature, code, length = struct.unpack(">4s4sI", section.read(at, 12))
        if signature not in _EXTRA_SIGNATURES:
            return
        at += 12
        if layers.large and code in _LONG_IN_PSB:
            if not section.has(at, 4):
                return
            length = length << 32 | int.from_bytes(section.read(at, 4), "big")
            at += 4
        if at + length > end or not section.has(at, length):
            return
        name = _EXTRA_NAMES.get(code)
        if name is not None and length <= layers.walk.budgets.value_bytes_max:
            told = layers.extras.setdefault(name, 0)
            for _ in range(index - told):
                _add_extra(layers, name, None)
            _add_extra(layers, name, section.part(at, length))
        at += (length + 3) // 4 * 4


def _add_extra(layers: _Layers, name: str, content: View | None) -> None:
    """Add an additional property of a layer; None where the layer has none."""
    layers.extras[name] = layers.extras.get(name, 0) + 1
    raw: Any = 0 if name == "LayerSections" else ""
    at = None
    if content is not None and name == "LayerUnicodeNames":
        if content.size_bytes >= 4:  # noqa: PLR2004 - the count
            data = content.read(0, content.size_bytes)
            raw = unicode_text(data[4 : 4 + int.from_bytes(data[:4], "big") * 2])
            used = len(raw.encode("utf-16-be", "replace"))
            at = content.part(4, used) if used else None
    elif content is not None:
        size = 4 if name == "LayerSections" else 2
        if content.has(0, size):
            at = content.part(0, size)
            raw = int.from_bytes(at.read(0, size), "big")
    labels = {"LayerColors": _COLORS, "LayerSections": _SECTIONS}.get(name)
    printed = labels.get(raw, f"Unknown ({raw})") if labels else str(raw)
    layers.add(name, raw, printed, at)


def _write_layers(layers: _Layers, count: int, path: str) -> None:
    _write(
        layers.walk, path, "LayerCount", _List([count], [str(count)]), "_xcnt"
    )  # other fields depend on it
    for name, one in layers.lists.items():
        _write(layers.walk, path, name, one, _EXTRA_IDS.get(name) or _IDS[name])


_IDS: Final = {
    "LayerRectangles": "_xrct",
    "LayerBlendModes": "_xbnd",
    "LayerOpacities": "_xopc",
    "LayerVisible": "_xvis",
    "LayerNames": "_xnam",
}


def _write(walk: Walk, path: str, name: str, one: _List, tag_id: str) -> None:
    walk.value(
        path,
        Standard.PHOTOSHOP,
        "Photoshop",
        name,
        as_raw(one.raws) if len(one.raws) > 1 else as_raw(one.raws[0]),
        ", ".join(one.printed),
        tag_id=tag_id,
        category="Image",
        at=one.at if len(one.raws) == 1 else None,
    )


def _joined(values: tuple[int, ...]) -> str:
    return " ".join(map(as_text, values))


def _whole(value: float) -> float | int:
    return int(value) if value == int(value) else value
