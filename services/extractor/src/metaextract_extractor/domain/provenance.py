"""What Content Credentials (C2PA) say of a file. Shapes as in metaextract/extractor/v1/provenance.proto.

Source: C2PA Technical Specification 2.x. Integrity (are the bytes those that were signed?) and trust (do we
know who signed?) are kept apart: the one says nothing of the other, and neither says that a picture is true.
"""

from dataclasses import dataclass
from enum import StrEnum


class ProvenanceState(StrEnum):
    """How far the credentials of a file were verified (section 14.3, "Validation states")."""

    PRESENT_UNVERIFIED = "present_unverified"
    """There are credentials, but nobody could check them; `Provenance.reason` says why."""
    VALID = "valid"
    """Nothing was changed since the signing; whether the signer is trusted stands in `Signer.trusted`."""
    INVALID = "invalid"
    """The credentials do not fit the file, or their own rules."""


class ProvenanceStorage(StrEnum):
    """Where the manifest store is."""

    EMBEDDED = "embedded"
    REMOTE = "remote"
    """Elsewhere: the file only names the address, which is never asked."""


class ValidationStatusKind(StrEnum):
    """What a validation status means."""

    SUCCESS = "success"
    INFORMATIONAL = "informational"
    FAILURE = "failure"


@dataclass(frozen=True, slots=True)
class ValidationStatus:
    """One thing that validation found (section 15.2 lists the codes)."""

    code: str
    kind: ValidationStatusKind
    explanation: str
    url: str
    """JUMBF address of what was checked."""
    ingredient: str = ""
    """Address of the ingredient assertion whose manifest was checked; empty for the active manifest."""


@dataclass(frozen=True, slots=True)
class Integrity:
    """Whether the file is what was signed. `ok` is None if it was not checked."""

    ok: bool | None
    failures: tuple[ValidationStatus, ...] = ()
    """Failures other than those of the signer's certificate, those of ingredients included."""


@dataclass(frozen=True, slots=True)
class Signer:
    """Who signed the active manifest, by the certificate. Times are ISO 8601."""

    organization: str
    common_name: str
    issuer: str
    """Who issued the certificate."""
    serial_number: str
    algorithm: str
    signed_at: str
    """As a time-stamping authority states it; empty if none did."""
    time_stamp_authority: str
    valid_from: str
    valid_until: str
    trusted: bool | None
    """Whether the certificate leads to an entry of the trust list; None without a trust list."""
    trust_basis: str
    """Why `trusted` is what it is, for people."""
    problems: tuple[ValidationStatus, ...] = ()
    """What validation says against the certificate: untrusted, expired, revoked, invalid."""


@dataclass(frozen=True, slots=True)
class ClaimGenerator:
    """A program that made the claim."""

    name: str
    version: str


@dataclass(frozen=True, slots=True)
class ProvenanceAction:
    """Something that was done to the picture (section 18.15)."""

    action: str
    """Such as `c2pa.created`."""
    when: str
    software_agent: str
    digital_source_type: str
    """Address of an IPTC or C2PA term; empty if not stated."""
    description: str
    parameters: str
    """Compact JSON; cut when long."""


@dataclass(frozen=True, slots=True)
class Ingredient:
    """Something that the picture was made from."""

    title: str
    format: str
    relationship: str
    """`parentOf`, `componentOf` or `inputTo`."""
    instance_id: str
    manifest_label: str
    """Its own manifest in this store; empty if it has none."""
    failures: tuple[ValidationStatus, ...] = ()


@dataclass(frozen=True, slots=True)
class UsePermission:
    """Whether a use for data mining or machine learning is allowed (assertion `training-mining`)."""

    use: str
    """Such as `c2pa.ai_training`."""
    permission: str
    """`allowed`, `notAllowed` or `constrained`."""
    constraint: str


@dataclass(frozen=True, slots=True)
class ProvenanceManifest:
    """The manifest that speaks for the file as it is now."""

    label: str
    title: str
    format: str
    instance_id: str
    claim_version: int | None
    claim_generator: str
    generators: tuple[ClaimGenerator, ...] = ()
    authors: tuple[str, ...] = ()
    """As the CreativeWork assertion names them."""
    actions: tuple[ProvenanceAction, ...] = ()
    digital_source_types: tuple[str, ...] = ()
    """Those of all actions, each once."""
    ingredients: tuple[Ingredient, ...] = ()
    assertions: tuple[str, ...] = ()
    """Labels."""
    permissions: tuple[UsePermission, ...] = ()
    redactions: tuple[str, ...] = ()
    """Addresses of assertions that were removed from ingredients."""


@dataclass(frozen=True, slots=True)
class Provenance:
    """The Content Credentials of a file. A file without any has no `Provenance`."""

    state: ProvenanceState
    storage: ProvenanceStorage
    remote_url: str
    """Address of a manifest store that the file names; empty if it names none."""
    reason: str
    """Why they are not verified; empty if they are."""
    integrity: Integrity
    signer: Signer | None = None
    active_manifest: ProvenanceManifest | None = None
    manifests_count: int = 0
    statuses: tuple[ValidationStatus, ...] = ()
    trust_list: str = ""
    """Name of the trust list that was used; empty without one."""
    verified_at: str = ""
    """When, ISO 8601."""
