"""Names for requests that another run of a command makes again."""

import hashlib
import json
import os
from collections.abc import Iterable
from pathlib import Path

from metaextract_client.uploading import sha256_of


def request_id_of(path: Path, operations: Iterable[str] = ()) -> str:
    """Name the reading of a file as it is now: 64 hexadecimal digits, by place, content and operations.

    A server that has read it under this name answers with what it found, without charging again. Reads the
    whole file; raises OSError.
    """
    place = os.fsencode(path.absolute()).hex()
    parts = (place, sha256_of(path).hex(), sorted(set(operations)))
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()
