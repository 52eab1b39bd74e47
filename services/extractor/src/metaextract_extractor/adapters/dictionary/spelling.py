"""What a text may have been meant to be: the nearest names and words of the dictionary."""

from bisect import bisect_left
from collections.abc import Callable, Iterator
from functools import lru_cache

from rapidfuzz import process
from rapidfuzz.distance import OSA

from metaextract_extractor.adapters.dictionary.schema import NAMES_SCOPE, WORDS_SCOPE
from metaextract_extractor.domain.dictionary import ENGLISH
from metaextract_extractor.domain.dictionary_query import FieldQuery

_CANDIDATES_COUNT_MAX = 4
_SCOPES_CACHED_MAX = 6
_INSIDE_CHARACTERS_MIN = 3
_HOLDERS_COUNT_MAX = 64
_LETTERS_COUNT_MIN = 4


class Spelling:
    """Corrects by optimal string alignment: letters left out, added, replaced or swapped with the next.

    `vocabulary` returns the sorted terms of a scope of the dictionary.
    """

    def __init__(self, vocabulary: Callable[[str], list[str]]) -> None:
        self._terms = lru_cache(_SCOPES_CACHED_MAX)(vocabulary)

    def corrections(self, query: FieldQuery, language: str) -> Iterator[str]:
        """Yield texts to search instead, the likeliest first: all in one piece, then word by word."""
        yield from self._nearest(query.key, NAMES_SCOPE)
        scopes = list(dict.fromkeys((WORDS_SCOPE, language, ENGLISH)))
        mended = [self._mended(word, scopes) for word in query.words]
        if all(mended):
            yield " ".join(mended)

    def holders(self, part: str) -> list[str]:
        """Return words of names that hold `part`, the shortest first; none for parts that are in too many."""
        if len(part) < _INSIDE_CHARACTERS_MIN:
            return []
        found = sorted((word for word in self._terms(WORDS_SCOPE) if part in word), key=len)
        return found[:_HOLDERS_COUNT_MAX]

    def _mended(self, word: str, scopes: list[str]) -> str:
        """Return the word if something begins with it, else the nearest one, or nothing."""
        if any(self._begins(word, scope) for scope in scopes):
            return word
        return next((term for scope in scopes for term in self._nearest(word, scope)), "")

    def _begins(self, word: str, scope: str) -> bool:
        terms = self._terms(scope)
        at = bisect_left(terms, word)
        return at < len(terms) and terms[at].startswith(word)

    def _nearest(self, word: str, scope: str) -> list[str]:
        distance_max = _distance_max(word)
        if not distance_max:
            return []
        found = process.extract(
            word, self._terms(scope), scorer=OSA.distance, score_cutoff=distance_max, limit=None
        )
        best = sorted((distance, _unlike(word, term), term) for term, distance, _ in found)
        return [term for _, _, term in best[:_CANDIDATES_COUNT_MAX]]


def _distance_max(word: str) -> int:
    """Short words have too many neighbours, and numbers have no misspellings."""
    if sum(character.isalpha() for character in word) < _LETTERS_COUNT_MIN:
        return 0
    return next(limit for length, limit in ((5, 1), (11, 2), (10_000, 3)) if len(word) <= length)


def _unlike(word: str, term: str) -> tuple[bool, bool, int]:
    """Few people mistake a number, the first letter or the length."""
    digits, others = ("".join(filter(str.isdigit, one)) for one in (word, term))
    return digits != others, term[:1] != word[:1], abs(len(term) - len(word))
