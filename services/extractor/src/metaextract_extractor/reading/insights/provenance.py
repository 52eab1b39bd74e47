"""What the Content Credentials of a file say, from what the c2pa engine answered or the walkers saw.

Source: C2PA Technical Specification 2.x: validation states (14.3), status codes (15.2), actions (18.15).
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from metaextract_extractor.domain.provenance import (
    ClaimGenerator,
    Ingredient,
    Integrity,
    Provenance,
    ProvenanceAction,
    ProvenanceManifest,
    ProvenanceState,
    ProvenanceStorage,
    Signer,
    UsePermission,
    ValidationStatus,
    ValidationStatusKind,
)
from metaextract_extractor.reading.engines.content_credentials import CredentialsReport
from metaextract_extractor.reading.evidence import Evidence

LIST_COUNT_MAX: Final = 500
"""Longer lists of actions, ingredients and statuses are cut."""

PARAMETERS_CHARACTERS_MAX: Final = 1000

_LABELS: Final = ("c2pa", "cai")
"""JUMBF superboxes that hold manifest stores; `cai` is that of the drafts before C2PA."""

_ABOUT_THE_SIGNER: Final = ("signingCredential.", "timeStamp.")
"""Status codes that speak of the certificate and the time stamp, not of the bytes."""

_KINDS: Final = (
    ("success", ValidationStatusKind.SUCCESS),
    ("informational", ValidationStatusKind.INFORMATIONAL),
    ("failure", ValidationStatusKind.FAILURE),
)


def provenance(evidence: Evidence) -> Provenance | None:
    """Return what the credentials say; None if the file neither holds nor names any."""
    report = evidence.reports.get("c2pa")
    if not isinstance(report, CredentialsReport):
        return _unverified(evidence, "The c2pa engine did not run or could not read the file.")
    if not report.store:
        return _unverified(evidence, _reason(report), report)
    return _verified(evidence, report)


def _reason(report: CredentialsReport) -> str:
    if not report.embedded:
        return "The file only names the address of its manifest store; addresses are never asked."
    if report.problem:
        return f"The manifest store could not be read: {report.problem}"
    return "The c2pa engine found no manifest store where the format keeps it."


def _unverified(
    evidence: Evidence, reason: str, report: CredentialsReport | None = None
) -> Provenance | None:
    embedded = any(one.name == "JUMDLabel" and one.raw in _LABELS for one in evidence.fields)
    url = report.remote_url if report and report.remote_url else _url_in_xmp(evidence)
    if not embedded and not url:
        return None
    return Provenance(
        state=ProvenanceState.PRESENT_UNVERIFIED,
        storage=ProvenanceStorage.EMBEDDED if embedded else ProvenanceStorage.REMOTE,
        remote_url=url,
        reason=reason,
        integrity=Integrity(ok=None),
        trust_list=report.trust_list if report else "",
    )


def _url_in_xmp(evidence: Evidence) -> str:
    field = evidence.first("XMP-dcterms", "Provenance")
    return field.printed if field else ""


def _verified(evidence: Evidence, report: CredentialsReport) -> Provenance:
    manifests = _mapping(report.store.get("manifests"))
    active = _mapping(manifests.get(_text(report.store.get("active_manifest"))))
    statuses = tuple(_statuses(_mapping(report.store.get("validation_results"))))
    failures = [one for one in statuses if one.kind is ValidationStatusKind.FAILURE]
    broken = tuple(one for one in failures if not one.code.startswith(_ABOUT_THE_SIGNER))
    invalid = report.store.get("validation_state") not in ("Valid", "Trusted")
    return Provenance(
        state=ProvenanceState.INVALID if invalid else ProvenanceState.VALID,
        storage=ProvenanceStorage.EMBEDDED if report.embedded else ProvenanceStorage.REMOTE,
        remote_url=report.remote_url or _url_in_xmp(evidence),
        reason="",
        integrity=Integrity(not broken, broken),
        signer=_signer(active, report, statuses) if active.get("signature_info") else None,
        active_manifest=_manifest(active) if active else None,
        manifests_count=len(manifests),
        statuses=statuses,
        trust_list=report.trust_list,
        verified_at=report.verified_at,
    )


def _statuses(results: Mapping[str, Any]) -> Iterator[ValidationStatus]:
    yield from _of_kinds(_mapping(results.get("activeManifest")), "")
    for delta in _mappings(results.get("ingredientDeltas")):
        yield from _of_kinds(
            _mapping(delta.get("validationDeltas")), _text(delta.get("ingredientAssertionURI"))
        )


def _of_kinds(results: Mapping[str, Any], ingredient: str) -> Iterator[ValidationStatus]:
    for name, kind in _KINDS:
        for one in _mappings(results.get(name)):
            yield ValidationStatus(
                code=_text(one.get("code")),
                kind=kind,
                explanation=_text(one.get("explanation")),
                url=_text(one.get("url")),
                ingredient=ingredient,
            )


def _signer(
    active: Mapping[str, Any], report: CredentialsReport, statuses: Iterable[ValidationStatus]
) -> Signer:
    info = _mapping(active.get("signature_info"))
    certificate = _mapping(report.certificates.get("certificateInfo"))
    stamp = _mapping(report.certificates.get("timeStampInfo"))
    validity = _mapping(certificate.get("validity"))
    own = [one for one in statuses if not one.ingredient and one.code.startswith(_ABOUT_THE_SIGNER)]
    trusted, basis = _trust(own, report.trust_list)
    return Signer(
        # The library calls the organisation of the certificate's subject "issuer".
        organization=_text(info.get("issuer")),
        common_name=_text(info.get("common_name")),
        issuer=_distinguished(_mapping(certificate.get("issuer"))),
        serial_number=_text(info.get("cert_serial_number")),
        algorithm=_text(info.get("alg")),
        signed_at=_text(info.get("time")),
        time_stamp_authority=_distinguished(_mapping(_mapping(stamp.get("certificateInfo")).get("subject"))),
        valid_from=_text(validity.get("notBefore")),
        valid_until=_text(validity.get("notAfter")),
        trusted=trusted,
        trust_basis=basis,
        problems=tuple(one for one in own if one.kind is ValidationStatusKind.FAILURE),
    )


def _trust(statuses: Iterable[ValidationStatus], trust_list: str) -> tuple[bool | None, str]:
    if not trust_list:
        return None, "No trust list is configured, so nobody can say whether the signer is known."
    codes = {one.code for one in statuses}
    if "signingCredential.trusted" in codes and "signingCredential.untrusted" not in codes:
        return True, f"The certificate leads to an entry of the trust list {trust_list}."
    return False, f"The certificate leads to no entry of the trust list {trust_list}."


def _distinguished(name: Mapping[str, Any]) -> str:
    """Say a distinguished name in short: organisation, then common name."""
    parts = [_text(name.get(key)) for key in ("O", "CN")]
    return ", ".join(dict.fromkeys(part for part in parts if part))


def _manifest(active: Mapping[str, Any]) -> ProvenanceManifest:
    assertions = _mappings(active.get("assertions"))
    actions = tuple(_actions(assertions))
    version = active.get("claim_version")
    sources = [one.digital_source_type for one in actions if one.digital_source_type]
    return ProvenanceManifest(
        label=_text(active.get("label")),
        title=_text(active.get("title")),
        format=_text(active.get("format")),
        instance_id=_text(active.get("instance_id")),
        claim_version=version if isinstance(version, int) else None,
        claim_generator=_text(active.get("claim_generator")),
        generators=tuple(
            ClaimGenerator(_text(one.get("name")), _text(one.get("version")))
            for one in _mappings(active.get("claim_generator_info"))
        ),
        authors=tuple(_authors(assertions)),
        actions=actions,
        digital_source_types=tuple(dict.fromkeys(sources)),
        ingredients=tuple(_ingredient(one) for one in _mappings(active.get("ingredients"))),
        assertions=tuple(_text(one.get("label")) for one in assertions),
        permissions=tuple(_permissions(assertions)),
        redactions=tuple(_text(one) for one in _list(active.get("redactions"))),
    )


def _data(assertions: Iterable[Mapping[str, Any]], *labels: str) -> Iterator[Mapping[str, Any]]:
    """Give the content of the assertions with these labels; versions and instances of them count too."""
    for one in assertions:
        if _text(one.get("label")).split(".v")[0].split("__")[0] in labels:
            yield _mapping(one.get("data"))


def _actions(assertions: Iterable[Mapping[str, Any]]) -> Iterator[ProvenanceAction]:
    for data in _data(assertions, "c2pa.actions"):
        for one in _mappings(data.get("actions")):
            parameters = one.get("parameters")
            yield ProvenanceAction(
                action=_text(one.get("action")),
                when=_text(one.get("when")),
                software_agent=_agent(one.get("softwareAgent")),
                digital_source_type=_text(one.get("digitalSourceType")),
                description=_text(one.get("description")),
                parameters=_compact(parameters) if parameters else "",
            )


def _agent(value: object) -> str:
    """Version 1 of the assertion states a text, version 2 a name and a version."""
    if isinstance(value, dict):
        return " ".join(_text(value.get(key)) for key in ("name", "version") if value.get(key))
    return _text(value)


def _ingredient(one: Mapping[str, Any]) -> Ingredient:
    results = _mapping(_mapping(one.get("validation_results")).get("activeManifest"))
    recorded = {"failure": results.get("failure") or one.get("validation_status")}
    label = _text(one.get("label"))
    return Ingredient(
        title=_text(one.get("title")),
        format=_text(one.get("format")),
        relationship=_text(one.get("relationship")),
        instance_id=_text(one.get("instance_id")),
        manifest_label=_text(one.get("active_manifest")),
        failures=tuple(_of_kinds(recorded, label)),
    )


def _permissions(assertions: Iterable[Mapping[str, Any]]) -> Iterator[UsePermission]:
    for data in _data(assertions, "c2pa.training-mining", "cawg.training-mining"):
        for use, entry in list(_mapping(data.get("entries")).items())[:LIST_COUNT_MAX]:
            stated = _mapping(entry)
            constraint = stated.get("constraint_info", stated.get("constraints_info"))
            yield UsePermission(_text(use), _text(stated.get("use")), _text(constraint))


def _authors(assertions: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    for data in _data(assertions, "stds.schema-org.CreativeWork"):
        author = data.get("author")
        for one in _mappings(author if isinstance(author, list) else [author]):
            if name := _text(one.get("name")):
                yield name


def _compact(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    whole = text.encode("utf-8", "replace").decode("utf-8")
    return whole if len(whole) <= PARAMETERS_CHARACTERS_MAX else whole[:PARAMETERS_CHARACTERS_MAX] + "…"


def _text(value: object) -> str:
    if value is None:
        return ""
    # JSON can hold halves of surrogate pairs, which no UTF-8 can.
    return value.encode("utf-8", "replace").decode("utf-8") if isinstance(value, str) else _compact(value)


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[Any]:
    return value[:LIST_COUNT_MAX] if isinstance(value, list) else []


def _mappings(value: object) -> list[Mapping[str, Any]]:
    return [one for one in _list(value) if isinstance(one, dict)]
