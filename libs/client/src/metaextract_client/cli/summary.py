"""What a file says, in a few lines for people. Of what the file does not speak, they do not either."""

import math
from collections.abc import Iterable, Iterator
from typing import Any, Final

from metaextract_client.finding_models import Completeness
from metaextract_client.models import Extraction, Json
from metaextract_client.result_models import Result

ADVICE_COUNT_MAX: Final = 3


def summary(extraction: Extraction) -> list[tuple[str, str]]:
    """Return labels and sentences, what most people look for first. Texts are as strangers wrote them."""
    insights, result = extraction.insights, extraction.result or Result()
    lines = (
        ("basic", _fallback(result)),
        ("taken", _taken(insights.get("capture_time", {}))),
        ("place", _place(insights.get("place", {}))),
        ("device", _device(result)),
        ("provenance", _provenance(insights.get("provenance", {}))),
        ("generator", _generator(insights.get("generation", {}))),
        ("confidence", _confidence(extraction)),
        ("completeness", _completeness(extraction)),
        ("privacy", _privacy(insights.get("privacy", {}))),
        *(("operation", text) for text in _operations(extraction)),
        *(("advice", text) for text in _advice(extraction)),
    )
    return [(label, text) for label, text in lines if text]


def words(value: str, prefix: str) -> str:
    """Turn an enum value of the contract into words: `PLACE_DOUBT_NO_FIX` into `no fix`."""
    return value.removeprefix(prefix).replace("_", " ").lower()


def _fallback(result: Result) -> str:
    if result.fallback is None:
        return ""
    if result.fallback.cause == "unknown_format":
        return f"read without {result.fallback.engine}, which does not know this format"
    return f"read without {result.fallback.engine} ({result.fallback.cause}): less was found than usual"


def _taken(time: Json) -> str:
    best = time.get("best")
    if not best:
        return ""
    doubts = [words(one, "DOUBT_") for one in best.get("doubts", ())]
    contradicting = len(time.get("conflicts", ()))
    against = (
        "1 other time contradicts it" if contradicting == 1 else f"{contradicting} other times contradict it"
    )
    return _joined(
        f"{best.get('iso8601', '').replace('T', ' ', 1)} ({best.get('group', '')}:{best.get('name', '')})",
        against if contradicting else "",
        f"doubtful: {', '.join(doubts)}" if doubts else "",
    )


def _place(place: Json) -> str:
    doubts = [words(one, "PLACE_DOUBT_") for one in place.get("doubts", ())]
    stated: Json = next(iter(place.get("stated", ())), {})
    said = _names(stated.get(key, "") for key in ("sublocation", "city", "state", "country"))
    return _joined(_position(place) or said, f"doubtful: {', '.join(doubts)}" if doubts else "")


def _position(place: Json) -> str:
    latitude, longitude = place.get("latitude_degrees"), place.get("longitude_degrees")
    if latitude is None or longitude is None:
        return ""
    town = place.get("name", {})
    near = _names(town.get(key, "") for key in ("city", "region", "country"))
    return f"{latitude:.5f}, {longitude:.5f}" + (f", near {near}" if near else "")


def _device(result: Result) -> str:
    found: dict[str, str] = {}
    for field in result.fields:
        if field.standard == "STANDARD_EXIF" and field.name in {"Make", "Model", "LensModel"}:
            found.setdefault(field.name, field.printed.strip())
    make, model, lens = (found.get(name, "") for name in ("Make", "Model", "LensModel"))
    camera = model if make and model.lower().startswith(make.lower()) else f"{make} {model}".strip()
    return _names((camera, lens))


def _provenance(provenance: Json) -> str:
    match provenance.get("state"):
        case "PROVENANCE_STATE_VALID":
            return f"Content Credentials are intact, {_signer(provenance)}"
        case "PROVENANCE_STATE_INVALID":
            failures = provenance.get("integrity", {}).get("failures", ())
            codes = _names(one.get("code", "") for one in failures)
            return "Content Credentials do not fit the file" + (f": {codes}" if codes else "")
        case "PROVENANCE_STATE_PRESENT_UNVERIFIED":
            return f"Content Credentials are there but not verified: {provenance.get('reason', '')}"
        case _:
            return ""


def _signer(provenance: Json) -> str:
    signer = provenance.get("signer", {})
    name = signer.get("organization") or signer.get("common_name") or "somebody unnamed"
    trusted = {
        True: "on the trust list",
        False: "not on the trust list",
        None: "whom no trust list was asked about",
    }[signer.get("trusted")]
    return f"signed by {name}, {trusted}"


def _generator(generation: Json) -> str:
    types = [one.get("meaning") or one.get("uri", "") for one in generation.get("digital_source_types", ())]
    runs = [_run(one) for one in generation.get("generations", ())]
    mentions = [one.get("generator", "") for one in generation.get("mentions", ())]
    stated = _names(dict.fromkeys((*types, *runs, *mentions)))
    return f"the file says: {stated}" if stated else ""


def _run(run: Json) -> str:
    models = _names(one.get("name", "") for one in run.get("models", ()))
    return f"{run.get('dialect', '')} settings" + (f" with {models}" if models else "")


def _confidence(extraction: Extraction) -> str:
    if extraction.quality is None:
        return ""
    confidence = extraction.quality.confidence
    score = "" if confidence.score is None else f" (score {_floored(confidence.score, 10_000):.4f})"
    return confidence.words + score


def _completeness(extraction: Extraction) -> str:
    completeness = extraction.quality.completeness if extraction.quality else None
    if completeness is None or (completeness.score is None and completeness.score_high is None):
        return ""
    gaps = f"{completeness.gaps_count} ranges not decoded" if completeness.gaps_count else ""
    unknown = completeness.unknown_tags_count
    tags = f"{unknown} tags that nobody knows" if unknown else ""
    return _joined(_share_read(completeness), gaps, tags)


def _share_read(completeness: Completeness) -> str:
    """Tell between which figures it is if the file breaks off, to whole numbers that do not promise more."""
    low, high = completeness.score_low, completeness.score_high
    between = "" if low is None or high is None else f"{math.floor(100 * low)} to {math.ceil(100 * high)} %"
    if completeness.score is None:
        return f"{between} of what the file says: nobody knows what stood behind the break"
    percent = 100 * _floored(completeness.score, 1_000)
    breaks_off = f" (it breaks off: {between})" if between and low != high else ""
    return f"{percent:.1f} % of what the file says{breaks_off}"


def _privacy(privacy: Json) -> str:
    """Absent counts are zero, but only if there is a report."""
    findings = privacy.get("findings", ())
    if not findings:
        return ""
    subjects = _names(dict.fromkeys(words(one.get("subject", ""), "PRIVACY_SUBJECT_") for one in findings))
    return f"{privacy.get('fields_count', 0)} fields tell of {subjects} (`metaextract privacy` lists them)"


def _operations(extraction: Extraction) -> Iterator[str]:
    for one in extraction.operations:
        if not one.delivered:
            yield f"{one.operation} was not delivered: {one.reason}"
        elif one.ocr is not None:
            lines = [line.get("text", "") for line in one.ocr.get("lines", ())]
            yield f"ocr: {' / '.join(lines)}" if lines else "ocr: no text on the picture"
        elif one.forensics is not None:
            yield from _statements(one.forensics)
        elif one.embedding is not None:
            yield f"embedding: {one.embedding.get('dimension', 0)} numbers"


def _statements(forensics: Json) -> Iterator[str]:
    statements: Any = forensics.get("statements", ())
    if not statements:
        yield "forensics: nothing to state, which proves nothing"
    for one in statements:
        yield f"forensics: {one.get('text', '')} ({words(one.get('strength', ''), 'FORENSIC_STRENGTH_')})"


def _advice(extraction: Extraction) -> list[str]:
    actions = extraction.quality.recommended_actions if extraction.quality else ()
    return [one.action for one in actions[:ADVICE_COUNT_MAX]]


def _floored(share: float, steps: int) -> float:
    """Cut digits off: what is not wholly sure must not be shown as 1."""
    return math.floor(share * steps + 1e-9) / steps


def _names(parts: Iterable[str]) -> str:
    return ", ".join(part for part in parts if part)


def _joined(*parts: str) -> str:
    return "; ".join(part for part in parts if part)
