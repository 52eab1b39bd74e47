"""Generation settings that are written as lines of text: AUTOMATIC1111 and kin, Midjourney, InvokeAI's Dream.

There are no specifications: the forms are those that the programs write. Everything is linear in the text.
"""

import json
import re
from collections.abc import Mapping
from typing import Any, Final

from metaextract_extractor.domain.generation import Generation, GenerationModel, GenerationParameter
from metaextract_extractor.reading.insights.generation_values import (
    integer,
    number,
    others,
    prompt,
    size,
    text,
)

SETTINGS_CHARACTERS_MAX: Final = 16 * 1024
SETTINGS_COUNT_MAX: Final = 200
MODELS_COUNT_MAX: Final = 100

_SETTINGS: Final = re.compile(r"^Steps: \d{1,6}(?:,|[ \t]{0,20}$)", re.MULTILINE | re.ASCII)
_KEY: Final = re.compile(r"\s*([\w][\w /.()+-]{0,60}):\s{0,3}")
_NETWORK: Final = re.compile(r"<(lora|lyco|hypernet):([^:<>]{1,200})(?::([^:<>]{1,40}))?[^<>]{0,80}>")
_NEGATIVE: Final = "Negative prompt:"

_JOB: Final = re.compile(r"Job ID:\s*([0-9a-f]{8}-[0-9a-f-]{27})", re.IGNORECASE)
_VERSIONS: Final = frozenset({"v", "version", "niji"})
_OPTIONS: Final = frozenset({
    "ar", "aspect", "c", "chaos", "cref", "cw", "exp", "iw", "no", "oref", "p", "profile", "q", "quality",
    "raw", "s", "seed", "sref", "stop", "style", "stylize", "sv", "sw", "tile", "w", "weird",
})  # fmt: skip
"""Options of Midjourney; a version and one of these make a prompt of it, or a job id."""

_OPTION: Final = re.compile(r"\s--([a-z]{1,20})(?:\s+((?!--)[^\s]{1,200}))?", re.IGNORECASE)

_DREAM: Final = re.compile(
    r'\s*"((?:[^"\\]|\\.){1,8000})"((?:\s+-[A-Za-z][^\s]{0,40}(?:\s+[^\s"-][^\s]{0,40})?){2,40})'
)
_DREAM_OPTION: Final = re.compile(r"-([A-Za-z])\s*([^\s]{1,40})")

_USED: Final = (
    "Steps", "Sampler", "Schedule type", "CFG scale", "Seed", "Size", "Model", "Model hash", "VAE",
    "VAE hash", "Denoising strength", "Version", "Lora hashes", "Hires upscaler",
)  # fmt: skip


def from_text(content: str, *, field: str, key: str) -> list[Generation]:
    """Return what a text says, if it is one that a generator writes; `key`: the keyword of the field."""
    match = _SETTINGS.search(content)
    if match:
        return [_a1111(content, match.start(), field)]
    if key == "Dream":
        return _dream(content, field)
    return _midjourney(content, field)


def _a1111(content: str, at: int, field: str) -> Generation:
    """Prompt, `Negative prompt:` and one line of settings, in this order."""
    head, line = content[:at], content[at : at + SETTINGS_CHARACTERS_MAX]
    positive, _, negative = head.partition(_NEGATIVE)
    values = _settings(line)
    width, height = size(values.get("Size", ""))
    return Generation(
        dialect="a1111",
        field=field,
        tool_version=text(values.get("Version")),
        prompt=prompt(positive),
        negative_prompt=prompt(negative),
        seed=text(values.get("Seed")),
        steps=integer(values.get("Steps")),
        sampler=text(values.get("Sampler")),
        scheduler=text(values.get("Schedule type")),
        cfg_scale=number(values.get("CFG scale")),
        denoising_strength=number(values.get("Denoising strength")),
        width_pixels=width,
        height_pixels=height,
        models=tuple(_models(values, positive))[:MODELS_COUNT_MAX],
        parameters=others(values, _USED),
        complete=len(content) - at <= SETTINGS_CHARACTERS_MAX,
    )


def _settings(line: str) -> Mapping[str, Any]:
    """Read `Key: value, Key: "quoted, value", Key: [JSON]`."""
    values: dict[str, Any] = {}
    at = 0
    while len(values) < SETTINGS_COUNT_MAX and (match := _KEY.match(line, at)):
        value, at = _setting(line, match.end())
        values.setdefault(match[1].strip(), value)
    return values


def _setting(line: str, at: int) -> tuple[Any, int]:
    if line[at : at + 1] in ('"', "[", "{"):
        try:
            value, end = json.JSONDecoder().raw_decode(line, at)
        except (ValueError, RecursionError):
            pass
        else:
            comma = line.find(",", end)
            return value, len(line) if comma < 0 else comma + 1
    end = line.find(",", at)
    end = len(line) if end < 0 else end
    return line[at:end].strip(), end + 1


def _models(values: Mapping[str, Any], positive: str) -> list[GenerationModel]:
    models = []
    if values.get("Model") or values.get("Model hash"):
        models.append(
            GenerationModel("checkpoint", text(values.get("Model")), text(values.get("Model hash")))
        )
    if values.get("VAE"):
        models.append(GenerationModel("vae", text(values["VAE"]), text(values.get("VAE hash"))))
    if values.get("Hires upscaler"):
        models.append(GenerationModel("upscaler", text(values["Hires upscaler"])))
    hashes = dict(
        pair.strip().split(": ", 1)
        for pair in text(values.get("Lora hashes")).split(",")
        if ": " in pair.strip()
    )
    for kind, name, weight in _NETWORK.findall(positive)[:MODELS_COUNT_MAX]:
        named = "hypernetwork" if kind == "hypernet" else "lora"
        models.append(GenerationModel(named, name, hashes.pop(name, ""), number(weight)))
    models.extend(GenerationModel("lora", name, digest) for name, digest in hashes.items())
    return models


def _midjourney(content: str, field: str) -> list[Generation]:
    """Prompt, options that begin with two hyphens, and a job id."""
    job = _JOB.search(content)
    written = content[: job.start()] if job else content
    options = list(_OPTION.finditer(written))[:SETTINGS_COUNT_MAX]
    values = {match[1].lower(): match[2] or "yes" for match in options}
    if not job and not (_VERSIONS & set(values) and _OPTIONS & set(values)):
        return []
    if job:
        values["Job ID"] = job[1]
    end = options[0].start() if options else len(written)
    version = values.get("v") or values.get("version") or values.get("niji") or ""
    return [
        Generation(
            dialect="midjourney",
            field=field,
            tool_version=version,
            prompt=prompt(written[:end]),
            negative_prompt=text(values.get("no")),
            seed=text(values.get("seed")),
            parameters=others(values, ("v", "version", "niji", "no", "seed")),
        )
    ]


def _dream(content: str, field: str) -> list[Generation]:
    """A command line: `"prompt" -s 50 -S 123 -W 512 -H 512 -C 7.5 -A k_lms`; negative parts in brackets."""
    match = _DREAM.match(content)
    if not match:
        return []
    values = dict(_DREAM_OPTION.findall(match[2]))
    negatives = re.findall(r"\[([^\[\]]{1,2000})\]", match[1])
    return [
        Generation(
            dialect="invokeai",
            field=field,
            prompt=prompt(re.sub(r"\[[^\[\]]{1,2000}\]", "", match[1])),
            negative_prompt=prompt(", ".join(negatives)),
            seed=values.get("S", ""),
            steps=integer(values.get("s")),
            sampler=values.get("A", ""),
            cfg_scale=number(values.get("C")),
            width_pixels=integer(values.get("W")),
            height_pixels=integer(values.get("H")),
            parameters=tuple(
                GenerationParameter(f"-{key}", value) for key, value in values.items() if key not in "SsACWH"
            ),
        )
    ]
