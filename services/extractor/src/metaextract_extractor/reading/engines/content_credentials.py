"""C2PA: reads and validates Content Credentials, without network. Source: C2PA specification, section 15."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from metaextract_extractor.domain.result import Standard
from metaextract_extractor.reading.evidence import EngineError, Report, Subject
from metaextract_extractor.reading.walk import Walk

STORE_CHARACTERS_MAX: Final = 4 * 1024 * 1024
"""Longer manifest stores are refused. Thumbnails and other binary assertions are not part of the text."""

PROBLEM_CHARACTERS_MAX: Final = 300

_REMOTE: Final = "Remote: must fetch remote manifests from url "
"""How the library says that the file only names a manifest store elsewhere."""

DECOMPRESSED_MB_MAX: Final = 8
MEMORY_MB_MAX: Final = 64

_MEDIA_TYPES: Final[Mapping[str, str]] = {
    "JPEG": "image/jpeg",
    "PNG": "image/png",
    "WEBP": "image/webp",
    "GIF": "image/gif",
    "TIFF": "image/tiff",
    "HEIF": "image/heic",
    "AVIF": "image/avif",
    "JXL": "image/jxl",
    "SVG": "image/svg+xml",
}
"""Families (`domain.formats.sniff`) that can be read, with the media type that the library knows."""

# Nothing may ask the network: neither for manifests, nor for revocation, nor for identities.
_OFFLINE: Final = {
    "verify": {"remote_manifest_fetch": False, "ocsp_fetch": False, "verify_trust": True},
    "core": {
        "allowed_network_hosts": [],
        "max_decompressed_manifest_size_in_mb": DECOMPRESSED_MB_MAX,
        "backing_store_memory_threshold_in_mb": MEMORY_MB_MAX,
    },
}


@dataclass(frozen=True, slots=True)
class CredentialsReport(Report):
    """What the library answered; `reading.insights.provenance` says what it means.

    `store`: the manifest store (`Reader.json`), empty if there is none. `certificates`: the signature part of
    the active manifest (`Reader.crjson`). `problem`: why there is a store but no answer, in its words.
    """

    store: Mapping[str, Any] = field(default_factory=dict)
    certificates: Mapping[str, Any] = field(default_factory=dict)
    verified_at: str = ""
    embedded: bool = True
    remote_url: str = ""
    trust_list: str = ""
    problem: str = ""


def worth_reading(walk: Walk) -> bool:
    """Whether our walkers saw a JUMBF box, or XMP that names a manifest store elsewhere."""
    return any(one.kind == "jumbf" for one in walk.containers) or any(
        one.standard is Standard.JUMBF or (one.group == "XMP-dcterms" and one.name == "Provenance")
        for one in walk.fields
    )


class ContentCredentials:
    """The library c2pa-rs. `trust_lists`: PEM files with the certificates of trusted authorities."""

    name: Final = "c2pa"

    def __init__(self, trust_lists: Sequence[Path] = ()) -> None:
        import c2pa  # type: ignore[import-untyped]  # noqa: PLC0415 - 20 MB that only a worker needs

        anchors = "\n".join(path.read_text("ascii") for path in trust_lists)
        trust = {"trust_anchors": anchors} if anchors else {}
        self._library: Any = c2pa
        self._context: Any = c2pa.Context.from_dict({**_OFFLINE, "trust": trust})
        self._trust_list = ", ".join(path.name for path in trust_lists)

    @property
    def version(self) -> str:
        """Version of the package."""
        return str(self._library.__version__)

    def reads(self, subject: Subject) -> bool:
        """Whether the library knows the container. Ask `worth_reading` too: most files hold nothing."""
        return subject.whole and subject.family in _MEDIA_TYPES

    def read(self, subject: Subject) -> CredentialsReport:
        """Validate the manifest store. Reads the whole file once, to hash it."""
        errors = self._library.C2paError
        try:
            with (
                subject.path.open("rb") as stream,
                self._library.Reader(_MEDIA_TYPES[subject.family], stream, context=self._context) as reader,
            ):
                return self._report(reader)
        except errors.ManifestNotFound:
            return CredentialsReport(trust_list=self._trust_list)
        except errors as error:
            return self._unread(str(error))

    def _report(self, reader: Any) -> CredentialsReport:  # noqa: ANN401 - the library has no types
        text, details = reader.json(), reader.crjson()
        if len(text) > STORE_CHARACTERS_MAX or len(details) > STORE_CHARACTERS_MAX:
            message = f"The manifest store is longer than {STORE_CHARACTERS_MAX} characters."
            raise EngineError(message)
        store = json.loads(text)
        active = _active(json.loads(details), store.get("active_manifest"))
        return CredentialsReport(
            store=store,
            certificates=_mapping(active.get("signature")),
            verified_at=str(_mapping(active.get("validationResults")).get("validationTime", "")),
            embedded=bool(reader.is_embedded()),
            remote_url=reader.get_remote_url() or "",
            trust_list=self._trust_list,
        )

    def _unread(self, problem: str) -> CredentialsReport:
        return CredentialsReport(
            embedded=not problem.startswith(_REMOTE),
            remote_url=problem.removeprefix(_REMOTE).strip() if problem.startswith(_REMOTE) else "",
            trust_list=self._trust_list,
            problem=problem[:PROBLEM_CHARACTERS_MAX],
        )


def _active(details: Mapping[str, Any], label: object) -> Mapping[str, Any]:
    manifests = details.get("manifests")
    if not isinstance(manifests, list):
        return {}
    return next((one for one in manifests if isinstance(one, dict) and one.get("label") == label), {})


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
