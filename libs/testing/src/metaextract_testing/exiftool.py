"""Where the ExifTool executable of this environment is."""

import shutil
import sys
from pathlib import Path


class ExifToolMissingError(RuntimeError):
    """No ExifTool executable is installed beside the interpreter or on PATH."""


def exiftool_path() -> Path:
    """Return the ExifTool executable of this environment.

    The one beside the running interpreter wins over PATH, because the environment pins its version.

    Raises:
        ExifToolMissingError: there is none. Tests let this fail: a suite that skips without its engine
            proves nothing.
    """
    beside = shutil.which("exiftool", path=str(Path(sys.executable).parent))
    found = beside or shutil.which("exiftool")
    if found is None:
        message = (
            f"exiftool was found neither in {Path(sys.executable).parent} nor on PATH; "
            "install ExifTool 13.59 or newer (npm package exiftool-vendored.pl, its bin folder on PATH)"
        )
        raise ExifToolMissingError(message)
    return Path(found)
