"""The walkers that walkers hand embedded standards to, by name, so that no two modules need each other."""

from collections.abc import Callable, Mapping
from typing import Final

from metaextract_extractor.domain.result import Why
from metaextract_extractor.reading.view import View
from metaextract_extractor.reading.walk import Walk

Walker = Callable[[View, Walk, str], None]

_WALKERS: Final[dict[str, Walker]] = {}


def register(walkers: Mapping[str, Walker]) -> None:
    """Make walkers known under the name of their standard: `exif`, `xmp`, `iptc`, `icc`, `irb`, `jumbf`."""
    _WALKERS.update(walkers)


def walk_nested(name: str, view: View, walk: Walk, path: str) -> None:
    """Hand an embedded standard to its walker; without one its bytes are noted as left."""
    walker = _WALKERS.get(name)
    if walker is None:
        walk.not_read(path, view, Why.UNKNOWN)
        return
    walker(view, walk, path)
