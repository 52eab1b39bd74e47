"""What the gateway hands from one side to the other. It holds no business rule and parses no image."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from metaextract_common.errors import ServiceError


class Access(StrEnum):
    """What pays for an extraction; billing decides."""

    UNMETERED = "unmetered"
    FREE_CHECK = "free_check"
    TRIAL = "trial"
    CREDITS = "credits"


class HoldState(StrEnum):
    """The place of a hold in its life cycle."""

    HELD = "held"
    CAPTURED = "captured"
    RELEASED = "released"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Payer:
    """Who pays: an account, the device whose free checks or the e-mail address whose trials may be used.

    `client_address` is where the request came from. What is not known is empty.
    """

    account: str
    device: str = ""
    email: str = ""
    client_address: str = ""


@dataclass(frozen=True, slots=True)
class Operations:
    """What is wanted, or was delivered, besides reading the metadata."""

    embedding: bool = False
    ocr: bool = False
    forensics: bool = False


@dataclass(frozen=True, slots=True)
class Quoted:
    """The price that an upload claims: a quote, and the file's id within it.

    `must_hold`: refuse the upload if the price no longer stands, rather than price it by what it is.
    `accounts`: further accounts of the caller, for which the quote may have been made.
    """

    quote: str
    file_id: str
    must_hold: bool = False
    accounts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that begins to arrive. `size_bytes_expected` is None if the client did not say.

    `detached`: once it is whole, it is read to the end whatever becomes of us. `batch`: the batch it belongs
    to, or empty. `declared_type_binds`: if the content is of another type than name or media type say, it is
    refused. `sha256`: what the client says of the content, in hexadecimal; empty if it does not.
    """

    extraction_id: str
    request_id: str
    file_name: str
    media_type: str
    size_bytes_expected: int | None
    size_bytes_max: int
    partial_results: bool
    operations: Operations = Operations()
    quoted: Quoted | None = None
    detached: bool = False
    batch: str = ""
    declared_type_binds: bool = False
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class Hold:
    """What was set aside, and what may be done for it."""

    name: str
    state: HoldState
    access: Access
    credits_held: int
    credits_captured: int
    free_checks_used: int
    operations: Operations


@dataclass(frozen=True, slots=True)
class Delivered:
    """What an extraction that succeeded really brought, for the price.

    `extraction_id` is not that of the upload if the extractor returned what it had read before.
    `declared_otherwise`: the extension or media type that is another format's; empty if none is.
    """

    size_bytes: int
    width_pixels: int | None
    height_pixels: int | None
    operations: Operations = Operations()
    extraction_id: str = ""
    sha256: str = field(default="", repr=False)
    declared_otherwise: str = ""


@dataclass(frozen=True, slots=True)
class Happening:
    """An event of an extraction. `message` is as the extractor sent it; `end` is set on the last one."""

    message: Any
    end: Delivered | ServiceError | None = None


@dataclass(frozen=True, slots=True)
class RedactedCopy:
    """A redacted copy that is about to come. `report` is as the extractor sent it."""

    report: Any
    media_type: str
    file_extension: str
    size_bytes: int
