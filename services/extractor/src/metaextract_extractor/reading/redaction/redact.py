"""Makes one copy: write, read again, write less, until nothing forbidden is left or no means is."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from metaextract_extractor.domain.formats import BY_NAME
from metaextract_extractor.domain.redaction import (
    FieldName,
    KeptBecause,
    KeptField,
    RedactionProfile,
    RedactionReport,
    Refusal,
    Verification,
)
from metaextract_extractor.domain.result import Field, Standard
from metaextract_extractor.reading.engines.exiftool import ExifTool
from metaextract_extractor.reading.redaction.account import Account, account_of
from metaextract_extractor.reading.redaction.leaks import found_in, needles_of, places_of
from metaextract_extractor.reading.redaction.means import (
    BEHIND,
    PREVIEWS,
    Arguments,
    Leftovers,
    blocks_of,
    is_blank,
    overwritten_containers,
    overwritten_fields,
    overwritten_files,
    overwritten_values,
    removals,
    without_unseen,
)
from metaextract_extractor.reading.redaction.own_writers import with_resources_of_the_picture
from metaextract_extractor.reading.redaction.rules import PictureOnly, rules_for, texts_of
from metaextract_extractor.reading.redaction.silence import says_nothing
from metaextract_extractor.reading.redaction.structure import is_computed

REMAINING_COUNT_MAX: Final = 20
PICTURE: Final = FieldName("", "picture")
"""Stands for the picture itself among what is wrong with a copy."""
EMBEDDED_GROUP: Final = "embedded"
"""Group of pictures inside the file; their names are kinds as in `Embedded`."""

_NO_WRITER: Final = re.compile(r"Can't write|Writing of|Unknown file type")
_NOT_REMOVABLE: Final = re.compile(r"Error: Can't delete ([\w-]+)")
_MINOR: Final = "Error: [minor]"
_ERROR: Final = re.compile(r"^(?!Warning)(?:Error: )?(?:\[minor\] )?(.*?)(?: - /\S+)?$", re.MULTILINE)
_MODELS: Final = frozenset({"Make", "Model", "UniqueCameraModel"})
_FORMATS_WITHOUT_PICTURE: Final = frozenset({"EXV"})


class RefusedError(Exception):
    """There is no copy. `cause` is for people; `remaining` is what was still in it."""

    def __init__(
        self, refusal: Refusal, format_name: str, cause: str, remaining: tuple[FieldName, ...] = ()
    ) -> None:
        super().__init__(cause)
        self.refusal = refusal
        self.format_name = format_name
        self.cause = cause
        self.remaining = remaining


@dataclass(frozen=True, slots=True)
class Copy:
    """A verified copy."""

    path: Path
    report: RedactionReport


def redacted(exiftool: ExifTool, path: Path, folder: Path, extension: str, profile: RedactionProfile) -> Copy:
    """Write a copy of `path` into `folder`, which is empty, and verify it. Raises `RefusedError`.

    `extension` must be one of the format that the file really has: the writer goes by it.
    """
    original = account_of(exiftool, path, extension, folder)
    return _Redaction(exiftool, original, folder, extension, profile).run()


class _Redaction:
    """One file, one profile. Each step leaves the copy as it is or replaces it by a new one."""

    def __init__(
        self, exiftool: ExifTool, original: Account, folder: Path, extension: str, profile: RedactionProfile
    ) -> None:
        self._exiftool = exiftool
        self._original = original
        self._folder = folder
        self._extension = extension
        self._profile = profile
        self._rules = rules_for(profile, original)
        self._needles = needles_of(original, self._rules)
        self._searched_count = 0
        self._copies_count = 0

    def run(self) -> Copy:
        """Go through the means as long as something is left."""
        steps = (
            lambda copy, left: self._rewritten(copy, removals(left.fields)),
            lambda copy, left: self._in_place(without_unseen, copy, left),
            self._fields_in_place,
            lambda copy, left: self._rewritten(copy, blocks_of(left)),
            self._fields_in_place,
            self._containers_in_place,
            lambda copy, left: self._in_place(overwritten_values, copy, left),
            lambda copy, _left: self._rewritten(copy, BEHIND),
            lambda copy, _left: self._rewritten(copy, PREVIEWS),
            lambda copy, left: self._in_place(overwritten_files, copy, left),
        )
        copy = self._first_copy()
        left = self._left_in(copy)
        for step in steps:
            if not left.any:
                break
            better = step(copy, left)
            if better is not copy and self._picture_is_unchanged(better) is False:
                better.path.unlink()  # a step that costs the picture mends nothing: what is left is told
            elif better is not copy:
                copy.path.unlink()
                copy, left = better, self._left_in(better)
        return self._verified(copy, left)

    def _account(self, copy: Path) -> Account:
        return account_of(self._exiftool, copy, self._extension, self._folder)

    def _format_name(self, account: Account) -> str:
        """The short name that we use, also where ExifTool has its own or takes it for something else."""
        if account.format_name in BY_NAME:
            return account.format_name
        return account.family or self._extension.upper() or account.format_name

    def _first_copy(self) -> Account:
        arguments = self._rules.arguments(self._original.fields)
        target, complaint = self._write(arguments, self._original.path)
        if target.exists():
            return self._account(target)
        stated = _ERROR.search(complaint)
        cause = stated[1] if stated else "the writer does not say why"
        name = self._format_name(self._original)
        if _NO_WRITER.search(complaint):
            raise RefusedError(Refusal.UNSUPPORTED, name, cause)
        fixed = _NOT_REMOVABLE.search(complaint)
        if fixed:
            raise RefusedError(Refusal.NOT_VERIFIED, name, cause, (FieldName(fixed[1], ""),))
        raise RefusedError(Refusal.DAMAGED, name, cause)

    def _rewritten(self, copy: Account, arguments: Arguments) -> Account:
        if not arguments:
            return copy
        target, _complaint = self._write(arguments, copy.path)  # the next step, or the end, sees what it did
        return self._account(target) if target.exists() else copy

    def _write(self, arguments: Arguments, source: Path) -> tuple[Path, str]:
        target = self._next_path()
        complaint = self._exiftool.write(arguments, source, target)
        if not target.exists() and _MINOR in complaint:
            complaint = self._exiftool.write((*arguments, "-m"), source, target)
        return target, complaint

    def _fields_in_place(self, copy: Account, left: Leftovers) -> Account:
        return self._in_place(overwritten_fields, copy, left)

    def _containers_in_place(self, copy: Account, left: Leftovers) -> Account:
        if copy.family == "PSD" and isinstance(self._rules, PictureOnly):
            target = self._next_path()
            done = with_resources_of_the_picture(copy.path, target, keep_colour=self._rules.keep_colour)
            return self._account(target) if done else copy
        return self._in_place(overwritten_containers, copy, left)

    def _in_place(
        self, overwrite: Callable[[Leftovers, Account, Path], bool], copy: Account, left: Leftovers
    ) -> Account:
        target = self._next_path()
        if not overwrite(left, copy, target):
            return copy
        return self._account(target)

    def _next_path(self) -> Path:
        self._copies_count += 1
        return self._folder / f"{self._copies_count}{'.' + self._extension if self._extension else ''}"

    def _left_in(self, copy: Account) -> Leftovers:
        fields = [one for one in copy.all_fields if self._is_forbidden(one)]
        fields += [one.field for one in copy.carriers if any(map(self._is_forbidden, one.inner))]
        containers = tuple(
            one
            for one in copy.containers
            if self._rules.forbids_container(one) and not is_blank(copy.path, one)
        )
        if fields or containers or copy.unseen:
            return Leftovers(tuple(fields), containers, copy.unseen)
        explained = [text for one in copy.fields if _may_repeat(one) for text in texts_of(one)]
        needles = [one for one in self._needles if not one.is_in(explained)]
        self._searched_count, found = found_in(copy.path, needles)
        places = places_of(copy.path, found)
        return Leftovers(values=tuple(one.field for one in found), places=places)

    def _is_forbidden(self, field: Field) -> bool:
        return not says_nothing(field) and self._rules.forbids(field)

    def _verified(self, copy: Account, left: Leftovers) -> Copy:
        unchanged = self._picture_is_unchanged(copy)
        opens = self._opens(copy)
        name = self._format_name(copy)
        if left.any or unchanged is False or not opens:
            raise RefusedError(
                Refusal.NOT_VERIFIED,
                name,
                _what_is_wrong(left, unchanged=unchanged, opens=opens),
                left.names[:REMAINING_COUNT_MAX] or (PICTURE,),
            )
        verification = Verification(
            verified=True,
            remaining=(),
            pixels_unchanged=unchanged,
            opens=opens,
            values_searched_count=self._searched_count,
        )
        removed = _removed(self._original, copy)
        writer = f"ExifTool {self._exiftool.version}"
        report = RedactionReport(self._profile, name, writer, removed, self._kept(copy), verification)
        return Copy(copy.path, report)

    def _picture_is_unchanged(self, copy: Account) -> bool | None:
        """Compare the compressed pictures; one that cannot be compared counts as changed."""
        if self._original.format_name in _FORMATS_WITHOUT_PICTURE:
            return None
        return bool(self._original.picture) and self._original.picture == copy.picture

    def _opens(self, copy: Account) -> bool:
        original = self._original
        if copy.family != original.family or (copy.is_error and not original.is_error):
            return False
        if original.format_name in _FORMATS_WITHOUT_PICTURE:
            return True
        if original.seen_by_others is None:
            return copy.size_pixels == original.size_pixels
        return copy.seen_by_others is not None and copy.seen_by_others[1] == original.seen_by_others[1]

    def _kept(self, copy: Account) -> tuple[KeptField, ...]:
        kept: dict[KeptField, None] = {}
        for one in copy.fields:
            because = None if says_nothing(one) else self._rules.kept(one)
            if because is not None:
                kept[KeptField(one.group, one.name, because)] = None
        if isinstance(self._rules, PictureOnly):
            for kind in dict.fromkeys(one.kind for one in copy.embedded):
                kept[KeptField(EMBEDDED_GROUP, kind, KeptBecause.SHOWS_PICTURE)] = None
        return tuple(kept)


def _may_repeat(field: Field) -> bool:
    """Whether a field that stays may say the same as one that is gone: profiles, models of raw pictures."""
    return field.standard is Standard.ICC or field.name in _MODELS


def _removed(original: Account, copy: Account) -> tuple[FieldName, ...]:
    """What the original states and the copy does not, or only as filler."""
    before, after = _stated(original), _stated(copy)
    return tuple(one for one, tells in before.items() if one not in after or (tells and not after[one]))


def _stated(account: Account) -> dict[FieldName, bool]:
    """What the file itself states, by name, in its order; whether it tells something."""
    stated: dict[FieldName, bool] = {}
    for one in account.fields:
        if not is_computed(one.group, one.name):
            name = FieldName(one.group, one.name)
            stated[name] = stated.get(name, False) or not says_nothing(one)
    return stated


def _what_is_wrong(left: Leftovers, *, unchanged: bool | None, opens: bool) -> str:
    if left.unseen and not left.fields and not left.containers:
        return "part of the copy cannot be looked into, and the format does not let go of it"
    if left.fields or left.containers:
        return "something that had to go is still in the copy"
    if left.values:
        return "a removed value still stands somewhere in the copy"
    if not opens:
        return "the copy does not open as the same picture"
    assert unchanged is False  # noqa: S101 - nothing else can be wrong
    return "the picture in the copy is not the same, or cannot be compared"
