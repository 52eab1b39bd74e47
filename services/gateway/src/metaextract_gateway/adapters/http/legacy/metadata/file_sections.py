"""What the legacy object says of the file as such: size, digests, age, shape."""

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import PurePath
from typing import Any, Final

from metaextract.extractor.v1.result_pb2 import FileFacts
from metaextract_gateway.adapters.http.legacy.metadata.tags import Tags

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECONDS_MAX: Final = 253_402_300_799_999  # the last one of the year 9999
_WHATSAPP: Final = re.compile(
    r"WhatsApp Image (\d{4}-\d{2}-\d{2}) at (\d{2})\.(\d{2})\.(\d{2})", re.IGNORECASE | re.ASCII
)
_AGES: Final = ((365, "year"), (30, "month"), (1, "day"))


def size_text(size_bytes: int) -> str:
    """Return a size as the legacy prints it: powers of 1024, two decimals, such as `103.70 KB`."""
    size = float(size_bytes)
    for unit in ("B", "KB", "MB", "GB"):
        if size < 1024:  # noqa: PLR2004 - the step of these units
            return f"{size:.2f} {unit}"
        size /= 1024
    return f"{size:.2f} TB"


def file_type(file: FileFacts) -> str:
    """Return the file name's extension in capitals, or the format's name if it has none."""
    return PurePath(file.file_name).suffix.removeprefix(".").upper() or file.format.name


def moment_of(milliseconds: int | None) -> datetime | None:
    """Return the moment so many milliseconds after 1970; None for what no calendar holds."""
    if milliseconds is None or not 0 <= milliseconds <= _MILLISECONDS_MAX:
        return None
    return _EPOCH + timedelta(milliseconds=milliseconds)


def iso_text(moment: datetime) -> str:
    """Return a moment as JavaScript's `toISOString` writes it: UTC, milliseconds, `Z`."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def file_integrity(file: FileFacts) -> dict[str, Any]:
    """Return the digests; null where one was not computed."""
    hashes = file.hashes
    return {
        "md5": hashes.md5 or None,
        "sha256": hashes.sha256 or None,
        "sha1": hashes.sha1 or None,
        "crc32": hashes.crc32 or None,
    }


def filesystem(file: FileFacts) -> dict[str, Any]:
    """Return the file's size and kind.

    The legacy described the server's temporary copy here. Times, owner, inode and permissions of our
    spool say nothing about the file that was sent and are nobody's business, so they are null.
    """
    return {
        "size_bytes": file.size_bytes,
        "size_human": size_text(file.size_bytes),
        "created": None,
        "modified": None,
        "accessed": None,
        "changed": None,
        "permissions_octal": None,
        "permissions_human": None,
        "owner": None,
        "owner_uid": None,
        "group": None,
        "group_gid": None,
        "inode": None,
        "device": None,
        "hard_links": None,
        "file_type": "regular",
        "is_hidden": False,
    }


def summary(file: FileFacts) -> dict[str, Any]:
    """Return the head of the report; width and height only where the file says them."""
    size = {"width": file.width_pixels, "height": file.height_pixels} if has_size(file) else {}
    return {
        "filename": file.file_name,
        "filesize": size_text(file.size_bytes),
        "filesize_bytes": file.size_bytes,
        "filetype": file_type(file),
        "mime_type": file.format.media_type or None,
        **size,
    }


def has_size(file: FileFacts) -> bool:
    """Tell whether width and height are known."""
    return file.width_pixels > 0 and file.height_pixels > 0


def calculated(
    file: FileFacts, tags: Tags, *, located: bool, modified: datetime | None, now: datetime
) -> dict[str, Any]:
    """Return what follows from other facts; width and height count as they are stored.

    The age is the one of the client's own file, from the modification time that it sent; without that
    it is null. Nothing tells when the client last opened it.
    """
    since = _age(now - modified) if modified and modified <= now else _age(None)
    return {
        **_shape(file),
        "file_age_days": since["days"],
        "file_age_human": since["human_readable"],
        "file_age_hours": since["hours"],
        "file_age_human_readable": since["human_readable"],
        **{f"time_since_modified_{unit}": amount for unit, amount in since.items()},
        **{f"time_since_accessed_{unit}": amount for unit, amount in _age(None).items()},
        **_capture(file, tags),
        "location_embedded": located,
    }


def _shape(file: FileFacts) -> dict[str, Any]:
    if not has_size(file):
        return dict.fromkeys(("aspect_ratio", "aspect_ratio_decimal", "megapixels", "orientation"))
    width, height = file.width_pixels, file.height_pixels
    divisor = math.gcd(width, height)
    upright = "portrait" if height > width else "square"
    return {
        "aspect_ratio": f"{width // divisor}:{height // divisor}",
        "aspect_ratio_decimal": round(width / height, 3),
        "megapixels": round(width * height / 1e6, 2),
        "orientation": "landscape" if width > height else upright,
    }


def _age(age: timedelta | None) -> Mapping[str, Any]:
    if age is None:
        return {"days": None, "hours": None, "human_readable": None}
    hours = int(age.total_seconds() // 3600)
    return {"days": age.days, "hours": hours, "human_readable": _age_text(age, hours)}


def _age_text(age: timedelta, hours: int) -> str:
    for days, unit in _AGES:
        if age.days >= days:
            return _ago(age.days // days, unit)
    if hours:
        return _ago(hours, "hour")
    minutes = age.seconds // 60
    return _ago(minutes, "minute") if minutes else "just now"


def _ago(count: int, unit: str) -> str:
    return f"{count} {unit}{'' if count == 1 else 's'} ago"


def _capture(file: FileFacts, tags: Tags) -> dict[str, Any]:
    """EXIF says when, in its own notation; else the name that WhatsApp gives, which is local time."""
    for name in ("DateTimeOriginal", "CreateDate"):
        taken = tags.exif(name)
        if taken and isinstance(taken.raw, str) and taken.raw.strip():
            return {"capture_date": taken.raw, "capture_date_source": "exif"}
    named = _WHATSAPP.search(file.file_name)
    if named and _exists("{}T{}:{}:{}".format(*named.groups())):
        return {
            "capture_date": "{}T{}:{}:{}".format(*named.groups()),
            "capture_date_source": "filename",
        }
    return {"capture_date": None, "capture_date_source": None}


def _exists(local_time: str) -> bool:
    try:
        datetime.fromisoformat(local_time)
    except ValueError:
        return False
    return True
