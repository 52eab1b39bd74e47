"""Says in which format a file is, and what that rests on."""

from metaextract_extractor.domain.formats import BY_NAME, sniff
from metaextract_extractor.domain.result import Basis, DetectedFormat


def detected(
    head: bytes, *, engine_name: str, engine_media_type: str, declared_media_type: str
) -> DetectedFormat:
    """Combine what the first bytes show with what the engine found inside.

    The engine's answer is the finer one, unless it is no short name of ours (`Extended WEBP`). It rests
    on the signature if the first bytes alone say the same, on what stands inside the container if they
    show its container, and on the file name otherwise.
    """
    family = sniff(head)
    name = family if engine_name not in BY_NAME and family in BY_NAME else engine_name
    known = BY_NAME.get(name)
    media_type = known.media_types[0] if known else engine_media_type
    if name == family:
        basis = Basis.SIGNATURE
    elif family and not (known and known.family == "none"):  # those have no signature, only look like one
        basis = Basis.CONTAINER_BRAND
    else:
        basis = Basis.EXTENSION
    accepted = known.media_types if known else (media_type,)
    disagrees = declared_media_type not in ("", "application/octet-stream", *accepted)
    return DetectedFormat(name, media_type, basis, declared_media_type if disagrees else "")
