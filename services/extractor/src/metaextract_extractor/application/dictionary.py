"""What a caller may ask of the field dictionary."""

import base64
import hashlib
from dataclasses import dataclass
from typing import Final

from metaextract_common.errors import invalid_request
from metaextract_extractor.domain.dictionary import (
    ENGLISH,
    DictionaryInfo,
    FieldDefinition,
    FieldDictionary,
    FieldGroup,
    FieldSearch,
    Found,
)

PAGE_SIZE: Final = 20
PAGE_SIZE_MAX: Final = 200
PAGE_SIZE_WHOLE_MAX: Final = 20
"""With all values, of which some fields have hundreds: a page must fit one message."""

_DIGEST_BYTES: Final = 6
_OFFSET_BYTES: Final = 4


@dataclass(frozen=True, slots=True)
class Page:
    """A page of what a search found; `next_page_token` is empty on the last one."""

    found: Found
    next_page_token: str


class FieldDefinitions:
    """Searches and reads the dictionary."""

    def __init__(self, dictionary: FieldDictionary) -> None:
        self._dictionary = dictionary

    async def search(self, search: FieldSearch, page_size: int, page_token: str) -> Page:
        """Return a page; `page_size` 0 means 20, and there is a most: 200, with all values 20.

        Raises INVALID_REQUEST for a token of another search, and for a language that there is not.
        """
        size_max = PAGE_SIZE_WHOLE_MAX if search.values_max is None else PAGE_SIZE_MAX
        size = min(page_size or PAGE_SIZE, size_max)
        offset = _offset(page_token, search) if page_token else 0
        found = await self._dictionary.search(search, offset, size)
        end = offset + len(found.definitions)
        return Page(found, _token(end, search) if end < found.total_size else "")

    async def get(self, name: str, language: str) -> FieldDefinition:
        """Return one with all its values and descriptions, or raise FIELD_DEFINITION_NOT_FOUND."""
        return await self._dictionary.get(name, language)

    async def groups(self, family: int | None) -> tuple[FieldGroup, ...]:
        """Return the groups of a family, or of all."""
        return await self._dictionary.groups(family)

    async def info(self) -> DictionaryInfo:
        """Say what the dictionary holds."""
        return await self._dictionary.info()


def language_code(text: str) -> str:
    """Return the code as the dictionary writes it: `zh-CN` is `zh_cn`, nothing is English."""
    return text.replace("-", "_").lower() or ENGLISH


def _token(offset: int, search: FieldSearch) -> str:
    return base64.urlsafe_b64encode(offset.to_bytes(_OFFSET_BYTES, "big") + _digest(search)).decode()


def _offset(token: str, search: FieldSearch) -> int:
    try:
        content = base64.b64decode(token.encode(), altchars=b"-_", validate=True)
    except ValueError:
        content = b""
    if len(content) != _OFFSET_BYTES + _DIGEST_BYTES or content[_OFFSET_BYTES:] != _digest(search):
        raise invalid_request("page_token", "must be the next_page_token of the same search")
    return int.from_bytes(content[:_OFFSET_BYTES], "big")


def _digest(search: FieldSearch) -> bytes:
    """Two searches that find the same have the same digest."""
    parts = (search.text, search.group, search.family, search.language)
    return hashlib.sha256(repr(parts).encode()).digest()[:_DIGEST_BYTES]
