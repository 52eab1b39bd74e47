"""1,000 queries as people type them, made from the dictionary itself: what each one means is known."""

import random
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from metaextract_extractor.domain.dictionary_query import words

KINDS = {"name": 250, "beginning": 200, "words": 200, "tag id": 100, "group and name": 100, "misspelt": 150}
"""Kind to how many of a thousand."""


@dataclass(frozen=True, slots=True)
class Query:
    """What is typed, and the name of the field that is meant."""

    kind: str
    text: str
    field_name: str


def queries(dictionary: Path, count: int, seed: int) -> list[Query]:
    """Return about `count` queries, in random order; the same for the same dictionary and seed."""
    known = rows(
        dictionary,
        "SELECT field_name, group_name, tag_id, tag_id_hex, text FROM definitions "
        "JOIN descriptions ON definition = id AND language = 'en' WHERE length(field_name) >= 5 "
        "AND family IN ('EXIF', 'XMP', 'IPTC', 'ICC_Profile', 'Photoshop', 'MakerNotes', 'QuickTime', 'PNG')",
    )
    chance = random.Random(seed)  # noqa: S311 - no secret
    made = [
        made
        for kind, share in KINDS.items()
        for made in _some(known, kind, max(1, round(share * count / 1000)), chance)
    ]
    chance.shuffle(made)
    return made


def rows(dictionary: Path, statement: str) -> list[tuple[str, ...]]:
    """Select from the file of a dictionary."""
    uri = f"{dictionary.absolute().as_uri()}?mode=ro&immutable=1"
    with closing(sqlite3.connect(uri, uri=True)) as connection:
        return connection.execute(statement).fetchall()


def _some(known: list[tuple[str, ...]], kind: str, count: int, chance: random.Random) -> Iterator[Query]:
    make: Callable[[tuple[str, ...], random.Random], str] = {
        "name": lambda row, _chance: row[0],
        "beginning": lambda row, chance: row[0][: chance.randint(3, len(row[0]) - 1)].lower(),
        "words": _words,
        "tag id": lambda row, chance: chance.choice([row[2], row[3] or row[2]]),
        "group and name": lambda row, _chance: f"{row[1]}:{row[0]}",
        "misspelt": lambda row, chance: _misspelt(row[0], chance),
    }[kind]
    for _ in range(count):
        row = chance.choice(known)
        yield Query(kind, make(row, chance), row[0])


def _words(row: tuple[str, ...], chance: random.Random) -> str:
    """Some words of the description in any order, some of them not typed to the end."""
    found = list(words(row[4])) or [row[0]]
    chosen = chance.sample(found, min(len(found), chance.randint(1, 3)))
    return " ".join(word[: chance.randint(min(3, len(word)), len(word))] for word in chosen)


def _misspelt(name: str, chance: random.Random) -> str:
    """One letter left out, doubled, or swapped with the next; not the first."""
    at = chance.randint(1, len(name) - 2)
    how = chance.randrange(3)
    if how == 0:
        return name[:at] + name[at + 1 :]
    if how == 1:
        return name[:at] + name[at] + name[at:]
    return name[:at] + name[at + 1] + name[at] + name[at + 2 :]
