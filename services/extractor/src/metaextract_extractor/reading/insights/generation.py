"""What the fields of a file say of its making by a generator: settings, source types, names of tools.

Sources: IPTC NewsCodes "Digital Source Type" (2024-09), C2PA Technical Specification 2.x (18.15, digital
source types of its own); the texts of generators as their programs write them (no specification exists).
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final

from metaextract_extractor.domain.generation import (
    DigitalSourceType,
    Generation,
    GenerationStatements,
    GeneratorMention,
)
from metaextract_extractor.domain.result import Field
from metaextract_extractor.reading.engines.content_credentials import CredentialsReport
from metaextract_extractor.reading.evidence import Evidence
from metaextract_extractor.reading.insights.generation_dialects import from_json, looks_like_json, parsed_json
from metaextract_extractor.reading.insights.generation_texts import from_text

GENERATIONS_COUNT_MAX: Final = 16
MENTIONS_COUNT_MAX: Final = 50
TEXT_CHARACTERS_MAX: Final = 300

SOURCE_TYPES: Final[Mapping[str, str]] = MappingProxyType({
    "digitalCapture": "Captured from real life with a digital camera or recorder.",
    "computationalCapture": "Several frames from real life, merged into one without a generator.",
    "negativeFilm": "Digitised from a negative or other transparent film.",
    "positiveFilm": "Digitised from a positive transparency.",
    "print": "Digitised from a print.",
    "minorHumanEdits": "An original with small corrections by a person (term retired).",
    "humanEdits": "Changed by people with tools that generate nothing.",
    "algorithmicallyEnhanced": "Changed by an algorithm that does not generate content.",
    "softwareImage": "Made by software (term retired).",
    "digitalArt": "Made by a person with digital tools (term retired).",
    "digitalCreation": "Made by a person with digital tools that generate nothing.",
    "dataDrivenMedia": "Data made visible by a program.",
    "trainedAlgorithmicMedia": "Made by a model that was trained on sampled content.",
    "algorithmicMedia": "Made by an algorithm alone, without training data.",
    "screenCapture": "A picture of what a screen showed.",
    "virtualRecording": "Recorded in a virtual place.",
    "composite": "Put together from several elements.",
    "compositeCapture": "Put together from several captures of real life.",
    "compositeSynthetic": "Put together from elements of which some were generated.",
    "compositeWithTrainedAlgorithmicMedia": "Changed or extended with the help of a trained model.",
    "empty": "An empty canvas to start from (C2PA).",
    "trainedAlgorithmicData": "Data made by a trained model (C2PA).",
})  # fmt: skip
"""Terms and what they mean, in our words."""

_VOCABULARIES: Final = re.compile(
    r"https?://(?:cv\.iptc\.org/newscodes/digitalsourcetype|c2pa\.org/digitalsourcetype)/([A-Za-z]{1,80})"
)

_GENERATORS: Final[tuple[tuple[str, re.Pattern[str]], ...]] = tuple(
    (name, re.compile(rf"(?<![A-Za-z])(?:{words})(?![A-Za-z])", re.IGNORECASE))
    for name, words in (
        ("Midjourney", "midjourney"),
        ("OpenAI", r"dall[-·•]?\s?e|openai|chatgpt|gpt-image|gpt-4o"),
        ("Adobe Firefly", "adobe[_ ]firefly|firefly image"),
        ("Microsoft", "bing image creator|image creator from (?:microsoft )?designer|microsoft designer|"
            "microsoft copilot"),
        ("Google", "made with google ai|edited with google ai|google generative ai|google deepmind|"
            "google[_ ](?:imagen|gemini)|imagen [2-9]|gemini [2-9]"),
        ("Stable Diffusion", r"stable[\s_-]?diffusion|stability ai|dreamstudio|sdxl"),
        ("FLUX", r"black forest labs|flux\.?1"),
        ("ComfyUI", "comfyui"),
        ("InvokeAI", "invokeai"),
        ("Fooocus", "fooocus"),
        ("NovelAI", "novelai"),
        ("SwarmUI", "swarmui"),
        ("Draw Things", "draw things"),
        ("Leonardo.Ai", r"leonardo\.?\s?ai"),
        ("Ideogram", "ideogram"),
        ("Meta AI", "imagined with ai|meta ai"),
        ("xAI", "xai grok|grok imagine"),
        ("Recraft", "recraft"),
        ("Runway", "runwayml|runway gen-[0-9]"),
        ("Amazon", "amazon titan image|amazon nova canvas"),
    )
)  # fmt: skip

_NAMING: Final = frozenset({
    "Software", "CreatorTool", "Credit", "CreditLine", "Source", "Generator", "Producer", "Creator",
    "By-line", "Artist", "Make", "Model", "Title", "HistorySoftwareAgent", "ProcessingSoftware",
    "Claim_generator", "Claim_Generator_InfoName", "ActionsSoftwareAgent", "ActionsSoftwareAgentName",
    "AISystemUsed", "AISystemVersionUsed", "Fooocus_scheme",
})  # fmt: skip
"""Fields that name tools and makers. Descriptions are left out: people write there about other pictures."""

_CUT: Final[Mapping[str, str]] = MappingProxyType(
    {"prompt": "comfyui", "workflow": "comfyui-workflow", "invokeai_metadata": "invokeai"}
)
"""Keywords that tell who wrote a text even when it is too long or damaged."""

_DECLARING: Final = frozenset({"DigitalSourceType", "DigitalSourcefileType", "ActionsDigitalSourceType"})


def generation(evidence: Evidence) -> GenerationStatements | None:
    """Return what the fields say; None if they say nothing of the kind."""
    found = GenerationStatements(
        generations=tuple(_generations(evidence.fields))[:GENERATIONS_COUNT_MAX],
        digital_source_types=tuple(_source_types(evidence)),
        mentions=tuple(_mentions(evidence.fields))[:MENTIONS_COUNT_MAX],
    )
    return found if found.generations or found.digital_source_types or found.mentions else None


def _generations(fields: Iterable[Field]) -> Iterator[Generation]:
    """A workflow graph says less than the prompt graph beside it, so it counts only without one."""
    pool = list(fields)
    described = next((one.raw for one in pool if one.group == "PNG" and one.name == "Description"), "")
    found: list[Generation] = []
    for field in pool:
        if isinstance(field.raw, str) and field.raw:
            found.extend(_of(field, field.raw, str(described)))
    executed = any(one.dialect == "comfyui" for one in found)
    yield from (one for one in found if not (executed and one.dialect == "comfyui-workflow"))


def _of(field: Field, text: str, described: str) -> list[Generation]:
    name = f"{field.group}:{field.name}"
    if looks_like_json(text):
        value = parsed_json(text)
        if value is not None:
            return from_json(value, field=name, key=field.tag_id, described=described)
        dialect = _CUT.get(field.tag_id)
        return [Generation(dialect, name, complete=False)] if dialect else []
    return from_text(text, field=name, key=field.tag_id)


def _source_types(evidence: Evidence) -> Iterator[DigitalSourceType]:
    seen: set[tuple[str, str]] = set()
    for uri, field in _declared(evidence):
        if not uri or (uri, field) in seen:
            continue
        seen.add((uri, field))
        match = _VOCABULARIES.fullmatch(uri)
        term = match[1] if match and match[1] in SOURCE_TYPES else ""
        yield DigitalSourceType(uri[:TEXT_CHARACTERS_MAX], term, SOURCE_TYPES.get(term, ""), field)


def _declared(evidence: Evidence) -> Iterator[tuple[str, str]]:
    for field in evidence.fields:
        if field.name in _DECLARING:
            values = field.raw if isinstance(field.raw, list | tuple) else [field.raw]
            yield from ((str(one), f"{field.group}:{field.name}") for one in values)
    report = evidence.reports.get("c2pa")
    if isinstance(report, CredentialsReport):
        seen = {str(one.raw) for one in evidence.fields if one.name == "ActionsDigitalSourceType"}
        yield from (
            (uri, "C2PA:actions") for uri in _in_store(report.store) if not any(uri in one for one in seen)
        )


def _in_store(store: Mapping[str, Any]) -> Iterator[str]:
    """Compressed manifests hold actions that only the c2pa engine sees."""
    manifests = store.get("manifests")
    active = manifests.get(store.get("active_manifest")) if isinstance(manifests, dict) else None
    for assertion in _dicts(active.get("assertions") if isinstance(active, dict) else None):
        data = assertion.get("data")
        if str(assertion.get("label", "")).startswith("c2pa.actions") and isinstance(data, dict):
            yield from (str(one.get("digitalSourceType") or "") for one in _dicts(data.get("actions")))


def _dicts(value: object) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _mentions(fields: Iterable[Field]) -> Iterator[GeneratorMention]:
    seen: set[tuple[str, str]] = set()
    for field in fields:
        if field.name not in _NAMING or looks_like_json(text := field.printed[:TEXT_CHARACTERS_MAX]):
            continue
        where = f"{field.group}:{field.name}"
        for generator, pattern in _GENERATORS:
            if pattern.search(text) and (generator, where) not in seen:
                seen.add((generator, where))
                yield GeneratorMention(generator, text, where)
