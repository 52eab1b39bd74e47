"""Generation settings that are written as JSON: ComfyUI, InvokeAI, NovelAI, Fooocus, SwarmUI, Draw Things.

There are no specifications: the forms are those that the programs write.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from metaextract_extractor.domain.generation import Generation, GenerationModel
from metaextract_extractor.reading.insights.generation_graphs import from_prompt_graph, from_workflow
from metaextract_extractor.reading.insights.generation_values import (
    integer,
    number,
    others,
    prompt,
    size,
    text,
)

JSON_CHARACTERS_MAX: Final = 1024 * 1024
MODELS_COUNT_MAX: Final = 100

_PREFIX: Final = re.compile(r"\s{0,100}(?:prompt|workflow|parameters)\s{0,5}:\s{0,5}(?=\{)", re.IGNORECASE)

Values = Mapping[str, Any]
Reader = Callable[[Values, str], Generation]


def looks_like_json(content: str) -> bool:
    """Whether it begins like a JSON object; some programs put `prompt:` or `workflow:` before it."""
    return content.lstrip()[:1] == "{" or _PREFIX.match(content) is not None


def parsed_json(content: str) -> Values | None:
    """Return the object, None if it is damaged, cut or too long."""
    match = _PREFIX.match(content)
    body = content[match.end() :] if match else content
    if len(body) > JSON_CHARACTERS_MAX:
        return None
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def from_json(value: Values, *, field: str, key: str, described: str) -> list[Generation]:
    """Return the runs that an object describes; `described`: the PNG text Description, NovelAI's prompt."""
    if "nodes" in value and "links" in value:
        return from_workflow(value, field)
    if any(isinstance(node, dict) and "class_type" in node for node in value.values()):
        return from_prompt_graph(value, field)
    for known, reader in _READERS:
        if known(value, key):
            return [reader(value, field)]
    if _is_novelai(value):
        return [_novelai(value, field, described)]
    # UserComment of several programs: the graphs as members, as objects or once more as text.
    inner: list[Generation] = []
    for member in ("prompt", "workflow"):
        content = value.get(member)
        nested = parsed_json(content) if isinstance(content, str) and looks_like_json(content) else content
        if isinstance(nested, dict) and ("nodes" in nested or nested is not value):
            inner.extend(_graph(nested, field))
    return inner


def _graph(value: Values, field: str) -> list[Generation]:
    if "nodes" in value and "links" in value:
        return from_workflow(value, field)
    return from_prompt_graph(value, field)


def _invokeai(value: Values, field: str) -> Generation:
    """InvokeAI from version 3."""
    model = value.get("model")
    models = [GenerationModel("checkpoint", *_named(model))] if model else []
    if value.get("vae"):
        models.append(GenerationModel("vae", *_named(value["vae"])))
    if value.get("refiner_model"):
        models.append(GenerationModel("refiner", *_named(value["refiner_model"])))
    models.extend(_loras(value.get("loras")))
    used = (
        "model", "vae", "refiner_model", "loras", "positive_prompt", "negative_prompt", "seed", "steps",
        "scheduler", "cfg_scale", "strength", "width", "height", "app_version",
    )  # fmt: skip
    return Generation(
        dialect="invokeai",
        field=field,
        tool_version=text(value.get("app_version")),
        prompt=prompt(value.get("positive_prompt")),
        negative_prompt=prompt(value.get("negative_prompt")),
        seed=text(value.get("seed")),
        steps=integer(value.get("steps")),
        scheduler=text(value.get("scheduler")),
        cfg_scale=number(value.get("cfg_scale")),
        denoising_strength=number(value.get("strength")),
        width_pixels=integer(value.get("width")),
        height_pixels=integer(value.get("height")),
        models=tuple(models)[:MODELS_COUNT_MAX],
        parameters=others(value, used),
    )


def _named(model: object) -> tuple[str, str]:
    """Name and digest; the digest is written as `blake3:…`."""
    if isinstance(model, dict):
        return text(model.get("model_name") or model.get("name")), text(model.get("hash"))
    return text(model), ""


def _loras(values: object) -> Iterator[GenerationModel]:
    for one in values if isinstance(values, list) else []:
        if isinstance(one, dict):
            name, digest = _named(one.get("lora") or one.get("model") or one.get("name") or one.get("file"))
            yield GenerationModel("lora", name, digest, number(one.get("weight")))
        elif isinstance(one, list) and len(one) >= 2:  # noqa: PLR2004 - Fooocus: name, weight, hash
            digest = text(one[2]) if len(one) > 2 else ""  # noqa: PLR2004
            yield GenerationModel("lora", text(one[0]), digest, number(one[1]))


def _sd_metadata(value: Values, field: str) -> Generation:
    """InvokeAI of version 2, in the PNG text `sd-metadata`."""
    image = value.get("image") if isinstance(value.get("image"), dict) else {}
    image = image if isinstance(image, dict) else {}
    written = image.get("prompt")
    if isinstance(written, list):
        written = [one.get("prompt") if isinstance(one, dict) else one for one in written]
    name = text(value.get("model_weights") or value.get("model"))
    used = ("prompt", "seed", "steps", "sampler", "cfg_scale", "width", "height", "strength")
    return Generation(
        dialect="invokeai",
        field=field,
        tool_version=text(value.get("app_version")),
        prompt=prompt(written),
        seed=text(image.get("seed")),
        steps=integer(image.get("steps")),
        sampler=text(image.get("sampler")),
        cfg_scale=number(image.get("cfg_scale")),
        denoising_strength=number(image.get("strength")),
        width_pixels=integer(image.get("width")),
        height_pixels=integer(image.get("height")),
        models=(GenerationModel("checkpoint", name, text(value.get("model_hash"))),) if name else (),
        parameters=others(image, used),
    )


def _fooocus(value: Values, field: str) -> Generation:
    width, height = size(value.get("resolution"))
    models = [
        GenerationModel("checkpoint", text(value.get("base_model")), text(value.get("base_model_hash")))
    ]
    if value.get("refiner_model") not in (None, "", "None"):
        refiner = GenerationModel(
            "refiner", text(value["refiner_model"]), text(value.get("refiner_model_hash"))
        )
        models.append(refiner)
    if value.get("vae"):
        models.append(GenerationModel("vae", text(value["vae"])))
    models.extend(_loras(value.get("loras")))
    used = (
        "base_model", "base_model_hash", "refiner_model", "refiner_model_hash", "vae", "loras", "prompt",
        "negative_prompt", "seed", "steps", "sampler", "scheduler", "guidance_scale", "resolution", "version",
    )  # fmt: skip
    return Generation(
        dialect="fooocus",
        field=field,
        tool_version=text(value.get("version")),
        prompt=prompt(value.get("prompt")),
        negative_prompt=prompt(value.get("negative_prompt")),
        seed=text(value.get("seed")),
        steps=integer(value.get("steps")),
        sampler=text(value.get("sampler")),
        scheduler=text(value.get("scheduler")),
        cfg_scale=number(value.get("guidance_scale")),
        width_pixels=width,
        height_pixels=height,
        models=tuple(models)[:MODELS_COUNT_MAX],
        parameters=others(value, used),
    )


def _swarmui(value: Values, field: str) -> Generation:
    inner = value["sui_image_params"]
    inner = inner if isinstance(inner, dict) else {}
    used = (
        "prompt", "negativeprompt", "model", "seed", "steps", "cfgscale", "sampler", "scheduler", "width",
        "height", "swarm_version", "vae",
    )  # fmt: skip
    kinds = (("checkpoint", "model"), ("vae", "vae"))
    models = [GenerationModel(kind, text(inner[key])) for kind, key in kinds if inner.get(key)]
    return Generation(
        dialect="swarmui",
        field=field,
        tool_version=text(inner.get("swarm_version")),
        prompt=prompt(inner.get("prompt")),
        negative_prompt=prompt(inner.get("negativeprompt")),
        seed=text(inner.get("seed")),
        steps=integer(inner.get("steps")),
        sampler=text(inner.get("sampler")),
        scheduler=text(inner.get("scheduler")),
        cfg_scale=number(inner.get("cfgscale")),
        width_pixels=integer(inner.get("width")),
        height_pixels=integer(inner.get("height")),
        models=tuple(models),
        parameters=others(inner, used),
    )


def _draw_things(value: Values, field: str) -> Generation:
    width, height = size(value.get("size"))
    model = text(value.get("model"))
    loras = tuple(_loras(value.get("lora")))[:MODELS_COUNT_MAX]
    used = ("c", "uc", "seed", "steps", "sampler", "scale", "strength", "size", "model", "lora", "v2")
    return Generation(
        dialect="drawthings",
        field=field,
        prompt=prompt(value.get("c")),
        negative_prompt=prompt(value.get("uc")),
        seed=text(value.get("seed")),
        steps=integer(value.get("steps")),
        sampler=text(value.get("sampler")),
        cfg_scale=number(value.get("scale")),
        denoising_strength=number(value.get("strength")),
        width_pixels=width,
        height_pixels=height,
        models=((GenerationModel("checkpoint", model),) if model else ()) + loras,
        parameters=others(value, used),
    )


def _is_novelai(value: Values) -> bool:
    return "uc" in value and "sampler" in value and ("scale" in value or "request_type" in value)


def _novelai(value: Values, field: str, described: str) -> Generation:
    """PNG text Comment; older versions state the prompt only in the PNG text Description."""
    used = (
        "prompt", "uc", "seed", "steps", "sampler", "noise_schedule", "scale", "strength", "width", "height",
        "version",
    )  # fmt: skip
    return Generation(
        dialect="novelai",
        field=field,
        tool_version=text(value.get("version")),
        prompt=prompt(value.get("prompt") or described),
        negative_prompt=prompt(value.get("uc")),
        seed=text(value.get("seed")),
        steps=integer(value.get("steps")),
        sampler=text(value.get("sampler")),
        scheduler=text(value.get("noise_schedule")),
        cfg_scale=number(value.get("scale")),
        denoising_strength=number(value.get("strength")),
        width_pixels=integer(value.get("width")),
        height_pixels=integer(value.get("height")),
        parameters=others(value, used),
    )


def _has(*members: str) -> Callable[[Values, str], bool]:
    return lambda value, _key: set(members) <= set(value)


_READERS: Final[tuple[tuple[Callable[[Values, str], bool], Reader], ...]] = (
    (lambda _, key: key == "invokeai_metadata", _invokeai),
    (_has("generation_mode", "positive_prompt"), _invokeai),
    (lambda _, key: key == "sd-metadata", _sd_metadata),
    (_has("app_id", "model_hash", "image"), _sd_metadata),
    (lambda value, _: value.get("metadata_scheme") == "fooocus", _fooocus),
    (_has("base_model", "performance"), _fooocus),
    (_has("sui_image_params"), _swarmui),
    (_has("c", "uc", "sampler"), _draw_things),
)
"""How a dialect is known, by its members or the keyword of the field, and who reads it."""
