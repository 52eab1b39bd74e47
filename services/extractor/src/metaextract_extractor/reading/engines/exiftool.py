"""ExifTool, kept running (stay_open) by pyexiftool: one pass for raw and printed value, id, type and path."""

import json
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import exiftool

from metaextract_extractor.domain.field_ranking import standard
from metaextract_extractor.domain.result import Field, Notice, Standard

VALUE_CHARACTERS_MAX: Final = 64 * 1024
"""Longer values are cut, and the result says so."""

INTEGER_MAX: Final = 2**53
"""Larger integers lose digits in JSON readers, so they travel as text (RFC 8259, section 6)."""

_CONFIGURATION: Final = Path(__file__).with_name("exiftool.config")
"""What bounds ExifTool on files that are made to keep it busy for ever, or to fill the memory."""

_LONG_DECIMAL: Final = re.compile(r"-?\d{1,15}\.\d{17,40}")
"""ExifTool writes numbers with more than 16 decimals as text."""

PIXELS_MAX: Final = 2**31 - 1
"""Largest width and height that the contract can tell (int32)."""

# -l with -j gives the printed and the raw value (`val`, `num`), -D the tag id. The colon before the first
# family keeps the group names from being merged, so that a key always has the same parts:
# standard, group, category, copy number, path, stored type, id, name (families 0, 1, 2, 4, 5, 6, 7).
_ARGUMENTS: Final = ("-j", "-l", "-a", "-D", "-G:0:1:2:4:5:6:7", "-api", "LargeFileSupport=1")
_KEY_PARTS: Final = 8
_CONTROLS: Final = re.compile(r"[\0-\x1f\x7f]")
"""ExifTool escapes them in values, but not in names, which an XML box may give."""

# What these say is true of our temporary copy, not of the file that was uploaded.
_ABOUT_THE_COPY: Final = frozenset(
    {
        "Directory",
        "FileName",
        "FileModifyDate",
        "FileAccessDate",
        "FileInodeChangeDate",
        "FileCreateDate",
        "FilePermissions",
    }
)


@dataclass(frozen=True, slots=True)
class Found:
    """What ExifTool says of one file."""

    format_name: str
    media_type: str
    width_pixels: int | None
    height_pixels: int | None
    fields: tuple[Field, ...]
    warnings: tuple[Notice, ...]


class _Real(float):
    """A JSON number that remembers how it was written: `1.10` is printed as `1.10`."""

    text: str

    def __new__(cls, text: str) -> Self:
        self = super().__new__(cls, text)
        self.text = text
        return self


def _integer(text: str) -> int | _Real:
    return _Real(text) if text == "-0" else int(text)


class ExifTool:
    """An ExifTool process of our own. Use as a context manager; it reads one file at a time."""

    name: Final = "exiftool"

    def __init__(self, executable: Path) -> None:
        # Naming a configuration file keeps ExifTool from reading one of its user as well.
        self._tool = exiftool.ExifTool(
            executable=str(executable), config_file=str(_CONFIGURATION), common_args=[], encoding="utf-8"
        )

        self.bytes_said = 0
        """What it has said of files so far; not a read of the file, though it comes through a pipe."""

    def __enter__(self) -> Self:
        self._tool.run()
        self._pid = int(self._tool._process.pid)  # noqa: SLF001 - pyexiftool has no other way to tell
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._tool.terminate()

    @property
    def version(self) -> str:
        """As it states it, such as `13.59`."""
        return str(self._tool.version)

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._pid

    def read(self, path: Path, *options: str) -> Found:
        """Read everything it finds in one file; `options` as on its command line."""
        output = self._tool.execute(*_ARGUMENTS, *options, str(path), raw_bytes=True)
        self.bytes_said += len(output)
        return found(output)

    def write(self, arguments: Sequence[str], source: Path, copy: Path) -> str:
        """Write `copy`, which must not exist; return what it complains of, empty if of nothing."""
        self._tool.execute(*arguments, "-q", "-o", str(copy), str(source), raw_bytes=True)
        complaints: bytes = self._tool.last_stderr
        return complaints.decode("utf-8", "replace").strip()

    def value(self, path: Path, group: str, name: str) -> bytes:
        """Return the bytes of a value that it only names otherwise: a picture or film inside a field."""
        answer: bytes = self._tool.execute("-b", f"-{group}:{name}", str(path), raw_bytes=True)
        return answer

    def geolocation(self, latitude_degrees: float, longitude_degrees: float) -> dict[str, object]:
        """Return the nearest town of its own database: its Geolocation tags, raw, without that prefix."""
        place = f"geolocation={latitude_degrees:.6f},{longitude_degrees:.6f}"
        output = self._tool.execute("-api", place, "-j", "-n", raw_bytes=True)
        documents = json.loads(output.decode("utf-8", "replace") or "[{}]")
        prefix = "Geolocation"
        return {
            key.removeprefix(prefix): value for key, value in documents[0].items() if key.startswith(prefix)
        }


def found(output: bytes) -> Found:
    """Turn ExifTool's JSON for one file into fields."""
    text = output.decode("utf-8", "replace") or "[{}]"
    documents = json.loads(text, parse_float=_Real, parse_int=_integer, strict=False)
    fields: list[Field] = []
    warnings: list[Notice] = []
    seen: dict[tuple[str, str], int] = {}
    for key, value in documents[0].items():
        parts = _CONTROLS.sub("", key).split(":")
        if len(parts) != _KEY_PARTS or not isinstance(value, dict):
            continue  # SourceFile
        if parts[1] == "System" and parts[-1] in _ABOUT_THE_COPY:
            continue
        identity = (parts[1], parts[-1])
        occurrence = seen[identity] = seen.get(identity, -1) + 1
        fields.append(_field(parts, value, occurrence, warnings))
    return _found(_in_order(fields), warnings)


def _in_order(fields: list[Field]) -> list[Field]:
    """Composite tags come last, and in an order that depends on what was read before: by name instead."""
    own = [one for one in fields if one.standard is not Standard.COMPOSITE]
    composite = (one for one in fields if one.standard is Standard.COMPOSITE)
    return [*own, *sorted(composite, key=lambda one: one.name)]


def _field(parts: list[str], value: dict[str, Any], occurrence: int, warnings: list[Notice]) -> Field:
    family, group, category, _copy, path, stored_type, _id, name = parts
    printed = _text(value.get("val", ""))
    raw = _raw(value.get("num", value.get("val", "")))
    if len(printed) > VALUE_CHARACTERS_MAX or (isinstance(raw, str) and len(raw) > VALUE_CHARACTERS_MAX):
        warnings.append(Notice("FIELD_TRUNCATED", f"{group}:{name} is longer than {VALUE_CHARACTERS_MAX}."))
        printed = printed[:VALUE_CHARACTERS_MAX]
        raw = raw[:VALUE_CHARACTERS_MAX] if isinstance(raw, str) else printed
    if family == "ExifTool" and name in ("Warning", "Error"):
        warnings.append(Notice(f"ENGINE_{name.upper()}", printed, ExifTool.name))
    return Field(
        path="" if family == "Composite" else path,
        standard=standard(family),
        group=group,
        category=category,
        name=name,
        tag_id=_text(value.get("id", "")),
        raw=raw,
        printed=printed,
        type=stored_type,
        engine=ExifTool.name,
        occurrence=occurrence,
    )


def _text(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(_text(item) for item in value)
    if isinstance(value, bool):
        return str(value).lower()
    return value.text if isinstance(value, _Real) else str(value)


def _raw(value: object) -> object:
    if isinstance(value, list):
        return [_raw(item) for item in value]
    if isinstance(value, _Real):
        return float(value) if math.isfinite(value) else value.text
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > INTEGER_MAX:
        return str(value)
    if isinstance(value, str) and _LONG_DECIMAL.fullmatch(value):
        return float(value)
    return value


def _found(fields: list[Field], warnings: list[Notice]) -> Found:
    first = {(field.group, field.name): field for field in reversed(fields)}
    width, height = _size(first)
    return Found(
        format_name=_printed(first, "FileType"),
        media_type=_printed(first, "MIMEType"),
        width_pixels=width,
        height_pixels=height,
        fields=tuple(fields),
        warnings=tuple(warnings),
    )


def _printed(first: dict[tuple[str, str], Field], name: str) -> str:
    field = first.get(("File", name))
    return field.printed if field else ""


def _size(first: dict[tuple[str, str], Field]) -> tuple[int | None, int | None]:
    """ExifTool composes ImageSize from the best of several fields; its raw value is `width height`."""
    field = first.get(("Composite", "ImageSize"))
    numbers = str(field.raw).replace("x", " ").split() if field else []
    if len(numbers) == 2 and all(re.fullmatch("[0-9]{1,10}", number) for number in numbers):  # noqa: PLR2004 - a pair
        width, height = int(numbers[0]), int(numbers[1])
        if max(width, height) <= PIXELS_MAX:  # a file may claim more
            return width, height
    return None, None
