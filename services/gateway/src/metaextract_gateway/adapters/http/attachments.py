"""Names of files that people download."""

import re
import unicodedata
from typing import Final
from urllib.parse import quote

_NAME_CHARACTERS_MAX: Final = 100
_UNSAFE: Final = re.compile(r"[^A-Za-z0-9._ ()+-]+")


def disposition(file_name: str, ending: str, kind: str = "attachment") -> str:
    """Name a file after an upload, in characters that no system stumbles over (RFC 6266, RFC 8187).

    `ending` stands for the extension of the upload: `.csv`, `-redacted.jpg`.
    """
    stem = re.split(r"[/\\]", file_name)[-1]
    stem = stem.rpartition(".")[0] or stem
    stem = unicodedata.normalize("NFC", stem)[:_NAME_CHARACTERS_MAX].strip(". ") or "picture"
    plain = unicodedata.normalize("NFKD", stem).encode("ascii", "ignore").decode()
    ascii_stem = _UNSAFE.sub("_", plain).strip(". ") or "picture"
    header = f'{kind}; filename="{ascii_stem}{ending}"'
    if ascii_stem != stem:
        printable = "".join(one if one.isprintable() else "_" for one in stem)
        header += f"; filename*=UTF-8''{quote(printable + ending, safe='')}"
    return header
