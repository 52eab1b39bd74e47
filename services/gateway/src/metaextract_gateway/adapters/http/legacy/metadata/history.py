"""What the file says of its own making: Content Credentials, generators, traces of editing.

Sections that the legacy filled with verdicts. Here they hold what the file states, and the places of verdicts
are null: neither credentials nor traces tell whether a picture is true.
"""

from typing import Any, Final

from metaextract.extractor.v1.insights_pb2 import Insights
from metaextract.extractor.v1.operations_pb2 import OperationOutcome
from metaextract.extractor.v1.provenance_pb2 import Provenance, ValidationStatus
from metaextract_gateway.adapters.http.legacy.metadata.plain import plain

_GENERATED: Final = frozenset({"trainedAlgorithmicMedia", "compositeWithTrainedAlgorithmicMedia"})
"""Terms of the IPTC vocabulary `digitalsourcetype`: a model made the picture, or parts of it."""

_UNKNOWN_SIGNER: Final = "signingCredential.untrusted"


def ai_detection(insights: Insights | None) -> dict[str, Any] | None:
    """Return what the file says of a generator; None if nothing of that kind was looked at.

    `ai_detected` is true if the file says so and null if it does not, which proves nothing; it is never
    false. There is no `ai_confidence`: nothing is inferred.
    """
    if insights is None:
        return None
    stated = plain(insights.generation)
    signed = list(insights.provenance.active_manifest.digital_source_types)
    terms = {one["term"] for one in stated["digital_source_types"]} | {
        uri.rpartition("/")[2] for uri in signed
    }
    says_so = bool(stated["generations"]) or not _GENERATED.isdisjoint(terms)
    models = [model["name"] for run in stated["generations"] for model in run["models"]]
    tools = [one["generator"] for one in stated["mentions"]]
    return {
        "available": True,
        "ai_detected": True if says_so else None,
        "ai_confidence": None,
        "ai_models": [one for one in dict.fromkeys((*models, *tools)) if one],
        "signed_digital_source_types": signed,
        **stated,
    }


def authentication(provenance: Provenance | None) -> dict[str, Any]:
    """Return the `authentication_*` keys of the forensic report, from the Content Credentials.

    Integrity (nothing was changed since the signing) and trust (the signer is known) stand apart;
    `is_authenticated` needs both and is null where either is not known.
    """
    integrity = trusted = None
    issues: list[str] = []
    reason = ""
    if provenance is not None:
        checked, signer = provenance.integrity, provenance.signer
        integrity = checked.ok if checked.HasField("ok") else None
        trusted = signer.trusted if signer.HasField("trusted") else None
        # Without a trust list every signer is unknown to the library, which says nothing against this one.
        problems = [one for one in signer.problems if trusted is not None or one.code != _UNKNOWN_SIGNER]
        issues = [_issue(one) for one in (*checked.failures, *problems)]
        reason = provenance.reason
    return {
        "authentication_is_authenticated": _both(integrity, trusted),
        "authentication_integrity_ok": integrity,
        "authentication_signer_trusted": trusted,
        "authentication_confidence_score": None,
        "authentication_issues": issues,
        "authentication_security_flags": [],
        "authentication_processing_errors": [reason] if reason else [],
    }


def signatures(provenance: Provenance | None) -> dict[str, Any]:
    """Return the digital signatures, by kind: {} without any."""
    return {"c2pa": plain(provenance)} if provenance else {}


def manipulation_detection(outcome: OperationOutcome | None) -> dict[str, Any] | None:
    """Return what the forensic operation found; None if nobody asked for it.

    Each statement comes with its evidence and with innocent explanations. The legacy's probability and its
    suspicious regions were verdicts: null and empty.
    """
    if outcome is None:
        return None
    if not outcome.delivered:
        return {"available": False, "error": outcome.reason}
    return {"available": True, "manipulation_probability": None, **plain(outcome.forensics)}


def _both(integrity: bool | None, trusted: bool | None) -> bool | None:
    if integrity is False or trusted is False:
        return False
    return True if integrity and trusted else None


def _issue(status: ValidationStatus) -> str:
    return f"{status.code}: {status.explanation}" if status.explanation else status.code
