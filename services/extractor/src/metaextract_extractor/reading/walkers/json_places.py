"""JSON, read into a tree with places: iteration over tokens, bounded in depth and count.

Source: RFC 8259. Numbers stay as they are written.
"""

import json
import re
from typing import Final

from metaextract_extractor.reading.walkers.trees import Branch, Leaf, Node

DEPTH_MAX: Final = 24
NODES_MAX: Final = 20_000
_TOKEN: Final = re.compile(
    rb"[ \t\r\n]*(?:(?P<mark>[\[\]{},:])|(?P<text>\"(?:[^\"\\]|\\.)*\")|(?P<word>[-+.0-9A-Za-z]+))", re.DOTALL
)


class JsonError(Exception):
    """The bytes are no JSON, or nest deeper than allowed."""


class _Tokens:
    def __init__(self, content: bytes) -> None:
        self._content = content
        self._at = 0
        self._count = 0

    def next(self) -> tuple[str, bytes, int]:
        """Return kind, bytes and place of the next token."""
        self._count += 1
        found = _TOKEN.match(self._content, self._at)
        if found is None or self._count > NODES_MAX:
            raise JsonError
        self._at = found.end()
        kind = found.lastgroup or ""
        return kind, found[kind], found.start(kind)


def read_json(content: bytes) -> Node:
    """Read one value; raises `JsonError`."""
    tokens = _Tokens(content)
    return _value(tokens, tokens.next(), 0)


def _value(tokens: _Tokens, token: tuple[str, bytes, int], depth: int) -> Node:
    kind, text, at = token
    if depth > DEPTH_MAX:
        raise JsonError
    if kind == "mark":
        if text == b"{":
            return _map(tokens, depth)
        if text == b"[":
            return _list(tokens, depth)
        raise JsonError
    if kind == "text":
        return Leaf(_unescaped(text), at + 1, len(text) - 2)
    return Leaf(None if text == b"null" else text.decode("ascii"), at, len(text))


def _unescaped(token: bytes) -> str:
    try:
        value = json.loads(token, strict=False)
    except (ValueError, UnicodeDecodeError) as error:
        raise JsonError from error
    return str(value)


def _list(tokens: _Tokens, depth: int) -> Branch:
    children: list[Node] = []
    token = tokens.next()
    while token[1] != b"]" or token[0] != "mark":
        children.append(_value(tokens, token, depth + 1))
        token = _after(tokens, b"]")
    return Branch(tuple(children))


def _map(tokens: _Tokens, depth: int) -> Branch:
    keys: list[str] = []
    children: list[Node] = []
    token = tokens.next()
    while token[1] != b"}" or token[0] != "mark":
        if token[0] != "text" or tokens.next()[1] != b":":
            raise JsonError
        keys.append(_unescaped(token[1]))
        children.append(_value(tokens, tokens.next(), depth + 1))
        token = _after(tokens, b"}")
    return Branch(tuple(children), tuple(keys))


def _after(tokens: _Tokens, end: bytes) -> tuple[str, bytes, int]:
    """Step over a comma; return the token behind it, or the one that ends the list or map."""
    token = tokens.next()
    if token[0] != "mark" or token[1] not in (b",", end):
        raise JsonError
    return tokens.next() if token[1] == b"," else token
