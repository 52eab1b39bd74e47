"""What a file gives away about people, devices and places. Shapes as in insights.proto."""

from dataclasses import dataclass
from enum import StrEnum


class PrivacySubject(StrEnum):
    """What a field can identify."""

    PERSON = "person"
    """Who took, owns, edited or is shown in the picture."""
    CONTACT = "contact"
    """How to reach a person: address, telephone, mail, pages."""
    DEVICE = "device"
    """The one device: serial numbers, names and ids."""
    PLACE = "place"
    """Where it was taken, or what it shows."""
    TIME = "time"
    """When it was taken or changed."""
    TRACE = "trace"
    """Ids by which files of one origin can be linked: documents, uploads, bursts."""
    PICTURE = "picture"
    """Pictures inside the file, which may show what was cut away or blurred."""


@dataclass(frozen=True, slots=True)
class PrivacyFinding:
    """Fields that identify the same kind of thing. `fields` names them as `group:name`, `exact`: a single one
    of them is enough to tell which person, device or place it is."""

    subject: PrivacySubject
    exact: bool
    statement: str
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PrivacyReport:
    """What to know before the file is handed on; no findings: nothing was found, which is no proof."""

    findings: tuple[PrivacyFinding, ...]
    fields_count: int
    """Fields that identify something."""
