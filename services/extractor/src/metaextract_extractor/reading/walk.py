"""What our own walkers find: containers, fields with their place, and what nobody decoded. Within budgets."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from metaextract_extractor.domain.result import (
    WALKERS,
    ByteRange,
    Container,
    Embedded,
    Field,
    Notice,
    Standard,
    Unread,
    Why,
)
from metaextract_extractor.reading.view import MissingBytesError, View

ENGINE: Final = WALKERS

LENGTH_MAX: Final = 2**63 - 1
"""Largest offset that the contract can tell (int64); what claims more is wrong."""

PIXELS_MAX: Final = 2**31 - 1
"""Largest width and height that the contract can tell (int32)."""


class BudgetExceededError(Exception):
    """A file wants more than it may have; what was found so far stands. `budget` names the limit."""

    def __init__(self, budget: str) -> None:
        super().__init__(budget)
        self.budget = budget


def tellable_pixels(length: int | None) -> int | None:
    """Return a width or height unless it is more than can be told: files claim any."""
    return None if length is None or length > PIXELS_MAX else length


@dataclass(frozen=True, slots=True)
class Budgets:
    """How much of a file we look at before we stop. Counts are for the whole file."""

    depth_max: int = 16
    """Containers within containers."""
    containers_max: int = 10_000
    """Chunks, boxes, segments, directories."""
    fields_max: int = 50_000
    value_bytes_max: int = 64 * 1024
    """Longer values are described, not decoded."""
    unpacked_bytes_max: int = 4 * 1024 * 1024
    """What all compressed parts together may become."""
    xmp_bytes_max: int = 4 * 1024 * 1024
    xmp_depth_max: int = 256
    jumbf_packets_max: int = 100_000
    """The highest number of a packet: ExifTool keeps a list of as many."""
    directories_max: int = 1_000
    """TIFF directories (IFDs), wherever they are."""
    entries_max: int = 20_000
    """Entries of all TIFF directories together."""
    values_bytes_max: int = 8 * 1024 * 1024
    """What all entries of TIFF directories together may have read: many may point to the same bytes."""


@dataclass(frozen=True, slots=True)
class Located:
    """Where an entry's value stands whose name only the primary engine knows.

    Its field has the same `path`, `group` and `tag_id`; a field that the engine draws from inside the value
    (a table of settings) has a longer path.
    """

    path: str
    group: str
    tag_id: str
    place: ByteRange


@dataclass(frozen=True, slots=True)
class LostPixels:
    """Picture data that the file announces and does not have. `place`: None if nobody tells how much."""

    path: str
    place: ByteRange | None


@dataclass(slots=True)
class Walk:
    """The notebook of one walk over one file. Walkers write, `reading` reads it afterwards.

    A walker that meets damage leaves it (`unread`) and goes on; it raises nothing but
    `BudgetExceededError`. `MissingBytesError` is turned into `unread` by `within`.
    """

    budgets: Budgets = field(default_factory=Budgets)
    format_name: str = ""
    """Short name as in `domain.formats`, as far as the structure shows it."""
    width_pixels: int | None = None
    height_pixels: int | None = None
    frames_count: int | None = None
    """Pictures of a sequence, where no field tells how many there are."""
    containers: list[Container] = field(default_factory=list)
    fields: list[Field] = field(default_factory=list)
    unread: list[Unread] = field(default_factory=list)
    located: list[Located] = field(default_factory=list)
    """Values that were found but not decoded."""
    lost_pixels: list[LostPixels] = field(default_factory=list)
    """Apart from `unread`, which counts for completeness: no metadata stand in them."""
    picture_whole: bool = False
    """Whether the file tells where its picture ends, and has all of it."""
    structure: list[tuple[int, int]] = field(default_factory=list)
    """(offset, end) of headers, lengths, counts and padding that were understood but are no field's value."""
    embedded: list[Embedded] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    views: dict[str, list[View]] = field(default_factory=dict)
    """The content of the containers whose kind other readers want: kind -> views in file order."""
    only_here: set[str] = field(default_factory=set)
    """Paths of what was packed in a way that the primary engine cannot unpack."""
    references_known: int = 0
    """Pointers met: offsets, item locations, chunk lengths."""
    references_resolved: int = 0
    """Those of them that led to bytes that are there."""
    broken_off: bool = False
    """Whether what is missing will not arrive, so that a part is read where it says something."""
    further: "Walk | None" = None
    """What is found in a file that lacks something if it is read as the beginning of a longer one."""
    budgets_exceeded: list[str] = field(default_factory=list)
    directories_count: int = 0
    entries_count: int = 0
    _values_bytes: int = 0
    _tables_bytes: int = 0
    _depth: int = 0
    _unpacked_bytes: int = 0
    _occurrences: dict[tuple[str, str], int] = field(default_factory=dict)

    @contextmanager
    def within(self, kind: str, path: str, view: View, *, keep: bool = False) -> Iterator[None]:
        """Enter a container that holds metadata; its bytes count as found. `keep`: remember its view.

        `kind` is one of `domain.result.CONTAINER_KINDS`, `path` the names from the outside in, as in
        `Field.path`. Bytes that turn out to be missing end the container, not the walk.
        """
        if len(self.containers) >= self.budgets.containers_max:
            raise self._exceeded("containers_max")
        if self._depth >= self.budgets.depth_max:
            raise self._exceeded("depth_max")
        self.containers.append(Container(path, kind, tuple(view.places())))
        if keep:
            self.views.setdefault(kind, []).append(view)
        self._depth += 1
        try:
            yield
        except MissingBytesError as missing:
            self._note_missing(path, view, missing)
        finally:
            self._depth -= 1

    def value(  # noqa: PLR0913 - a field has that many sides
        self,
        path: str,
        standard: Standard,
        group: str,
        name: str,
        raw: object,
        printed: str,
        *,
        tag_id: str = "",
        category: str = "",
        stored_type: str = "",
        at: View | None = None,
    ) -> None:
        """Write down a field; `at` views exactly the bytes that hold its value."""
        if len(self.fields) >= self.budgets.fields_max:
            raise self._exceeded("fields_max")
        occurrence = self._occurrences[group, name] = self._occurrences.get((group, name), -1) + 1
        location = at.place() if at is not None else None
        if at is not None:
            self.understood(at)
        self.fields.append(
            Field(
                path=path,
                standard=standard,
                group=group,
                category=category,
                name=name,
                tag_id=tag_id,
                raw=raw,
                printed=printed,
                type=stored_type,
                engine=ENGINE,
                location=location,
                occurrence=occurrence,
            )
        )

    def locate(self, path: str, group: str, tag_id: int | str, at: View) -> None:
        """Write down where the value of an unnamed entry stands, if it stands in one piece."""
        place = at.place()
        if place is not None:
            self.located.append(Located(path, group, str(tag_id), place))

    def understood(self, view: View) -> None:
        """Say that these bytes were decoded: headers, counts, padding, values."""
        self.structure.extend(
            (one.offset_bytes, one.offset_bytes + one.length_bytes) for one in view.places()
        )

    def not_read(self, path: str, view: View, why: Why) -> None:
        """Say that these bytes were left, and why. What nobody mentions is found later, as `UNKNOWN`."""
        self.unread.extend(Unread(path, place, why) for place in view.places())

    def image(
        self, kind: str, path: str, view: View, width: int | None = None, height: int | None = None
    ) -> None:
        """Note an image inside the file: `thumbnail`, `preview`, `mpf`, `gain_map`, `depth`, `video`, …"""
        places = tuple(view.places())
        self.embedded.append(Embedded(kind, path, places, tellable_pixels(width), tellable_pixels(height)))

    def picture(self, path: str, view: View, offset: int, length: int, *, reduced: bool = False) -> None:
        """Say where picture data stand, in a view that ends with the file; what is behind its end is lost.

        `reduced`: a thumbnail or preview. Programs remove these and leave the pointer, so that only one that
        begins in the file is lost.
        """
        start = view.place(0, 1)
        if start is None or offset < 0 or length <= 0 or start.offset_bytes + offset + length > LENGTH_MAX:
            return
        if view.has(offset, length):
            self.picture_whole = self.picture_whole or not reduced
        elif not reduced or offset < view.size_bytes:
            first = max(offset, view.size_bytes)
            place = ByteRange(start.offset_bytes + first, offset + length - first)
            self.lost_pixels.append(LostPixels(path, place))

    def picture_without_end(self, path: str) -> None:
        """Say that the file ends before its picture does, and that nobody tells how much would follow."""
        self.lost_pixels.append(LostPixels(path, None))

    def reference(self, *, resolved: bool) -> None:
        """Count a pointer, and whether it led to bytes that are there."""
        self.references_known += 1
        self.references_resolved += resolved

    def unpack(self, size_bytes: int) -> None:
        """Claim room for unpacked bytes before they are made."""
        self._unpacked_bytes += size_bytes
        if self._unpacked_bytes > self.budgets.unpacked_bytes_max:
            raise self._exceeded("unpacked_bytes_max")

    def may_read_value(self, size_bytes: int) -> bool:
        """Claim the reading of an entry's value; False, and noted, if all together have had enough."""
        if self._values_bytes + size_bytes > self.budgets.values_bytes_max:
            self.exceeded("values_bytes_max")
            return False
        self._values_bytes += size_bytes
        return True

    def may_read_table(self, size_bytes: int) -> bool:
        """Claim the reading of a table that tells where pixels stand; False if all had enough."""
        self._tables_bytes += size_bytes
        return self._tables_bytes <= self.budgets.values_bytes_max

    @property
    def unpacked_bytes_left(self) -> int:
        """What may still be unpacked."""
        return max(0, self.budgets.unpacked_bytes_max - self._unpacked_bytes)

    def notice(self, code: str, message: str) -> None:
        """Tell the reader of the result something; `message` holds no value of the file."""
        self.notices.append(Notice(code, message))

    def exceeded(self, budget: str) -> None:
        """Note that a limit cut this walk short, for walkers that can go on elsewhere."""
        if budget not in self.budgets_exceeded:
            self.budgets_exceeded.append(budget)
            self.notice("BUDGET_EXCEEDED", f"Reading stopped early: {budget}.")

    def _exceeded(self, budget: str) -> BudgetExceededError:
        self.exceeded(budget)
        return BudgetExceededError(budget)

    def _note_missing(self, path: str, view: View, missing: MissingBytesError) -> None:
        self.reference(resolved=False)
        places = [missing.at] if missing.at is not None else view.places()[-1:]
        self.unread.extend(Unread(path, place, Why.MISSING) for place in places)
