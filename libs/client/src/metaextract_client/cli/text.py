"""Text from files, made safe to show."""


def shown(text: str) -> str:
    """Return `text` on one line, without what could steer a terminal or change the order of what is read.

    Control and format characters, surrogates and line separators become escapes such as `\\x1b`; a file's
    metadata and name are written by strangers.
    """
    return "".join(c if c.isprintable() or c in "\u00a0\u3000" else _escaped(c) for c in text)


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")
