"""ComfyUI: the graph of nodes that made a picture. Links are followed from the samplers upwards, bounded.

There is no specification: `prompt` maps node ids to `class_type` and `inputs`, where a link is
`[node id, slot]`; `workflow` is what the editor saves.
"""

import re
from collections import deque
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final

from metaextract_extractor.domain.generation import Generation, GenerationModel, GenerationParameter
from metaextract_extractor.reading.insights.generation_values import integer, number, prompt, text

NODES_COUNT_MAX: Final = 5_000
SAMPLERS_COUNT_MAX: Final = 8
VISITED_COUNT_MAX: Final = 300
MODELS_COUNT_MAX: Final = 100

_TEXTS: Final = frozenset({
    "text", "text_g", "text_l", "clip_l", "clip_g", "t5xxl", "prompt", "positive_prompt", "string", "value",
    "wildcard_text", "populated_text", "text_positive",
})  # fmt: skip
_MODELS: Final[Mapping[str, str]] = MappingProxyType({
    "ckpt_name": "checkpoint",
    "unet_name": "checkpoint",
    "gguf_name": "checkpoint",
    "lora_name": "lora",
    "vae_name": "vae",
    "upscale_model": "upscaler",
})  # fmt: skip
_FILE: Final = re.compile(r".{1,300}\.(?:safetensors|ckpt|gguf|pt|pth|sft)", re.IGNORECASE)

_WIDGETS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType({
    "KSampler": ("seed", "control", "steps", "cfg", "sampler_name", "scheduler", "denoise"),
    "KSamplerAdvanced": ("add_noise", "noise_seed", "control", "steps", "cfg", "sampler_name", "scheduler"),
    "CLIPTextEncode": ("text",),
    "CheckpointLoaderSimple": ("ckpt_name",),
    "UNETLoader": ("unet_name",),
    "LoraLoader": ("lora_name", "strength_model", "strength_clip"),
    "VAELoader": ("vae_name",),
    "EmptyLatentImage": ("width", "height", "batch_size"),
})  # fmt: skip
"""The editor saves values by position; these are the ones of common nodes."""

Node = Mapping[str, Any]
Graph = Mapping[str, Node]


def from_prompt_graph(value: Mapping[str, Any], field: str) -> list[Generation]:
    """Return one run for each sampler of the graph that was executed."""
    return _runs(_nodes(value), field, "comfyui")


def from_workflow(value: Mapping[str, Any], field: str) -> list[Generation]:
    """Return one run for each sampler of the graph as the editor saved it."""
    return _runs(dict(_converted(value)), field, "comfyui-workflow")


def _nodes(value: Mapping[str, Any]) -> dict[str, Node]:
    found: dict[str, Node] = {}
    for key, node in list(value.items())[:NODES_COUNT_MAX]:
        if isinstance(node, dict) and isinstance(node.get("inputs"), dict):
            found[str(key)] = node
    return found


def _converted(value: Mapping[str, Any]) -> Iterator[tuple[str, Node]]:
    """Turn the editor's nodes and links into the form of the executed graph."""
    sources: dict[Any, list[Any]] = {}
    for link in _list(value.get("links"))[: NODES_COUNT_MAX * 4]:
        if isinstance(link, list) and len(link) >= 3 and isinstance(link[0], int):  # noqa: PLR2004
            sources[link[0]] = [str(link[1]), link[2]]
    for node in _list(value.get("nodes"))[:NODES_COUNT_MAX]:
        if not isinstance(node, dict):
            continue
        kind = str(node.get("type", ""))
        inputs: dict[str, Any] = dict(
            zip(_WIDGETS.get(kind, ()), _list(node.get("widgets_values")), strict=False)
        )
        for one in _list(node.get("inputs")):
            if isinstance(one, dict) and isinstance(one.get("link"), int) and one["link"] in sources:
                inputs[str(one.get("name"))] = sources[one["link"]]
        yield str(node.get("id")), {"class_type": kind, "inputs": inputs}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _runs(graph: Graph, field: str, dialect: str) -> list[Generation]:
    samplers = [
        key
        for key, node in graph.items()
        if "sampler" in str(node.get("class_type", "")).lower()
        and any(
            _link(node["inputs"].get(name)) for name in ("positive", "conditioning", "guider", "latent_image")
        )
    ]
    if not samplers and graph:
        return [_bare(graph, field, dialect)]
    return [_run(graph, key, field, dialect) for key in samplers[:SAMPLERS_COUNT_MAX]]


def _bare(graph: Graph, field: str, dialect: str) -> Generation:
    """A graph without a sampler that we know: its models and kinds of nodes."""
    return Generation(
        dialect=dialect,
        field=field,
        models=tuple(_models(graph, graph)),
        parameters=(_kinds(graph, graph),),
        complete=False,
    )


def _run(graph: Graph, key: str, field: str, dialect: str) -> Generation:
    above = list(_upwards(graph, key))
    inputs = graph[key]["inputs"]
    guider = _link(inputs.get("guider"))
    conditions = graph[guider]["inputs"] if guider in graph else inputs
    positive = conditions.get("positive") or conditions.get("conditioning")
    return Generation(
        dialect=dialect,
        field=field,
        prompt=_prompt(graph, positive),
        negative_prompt=_prompt(graph, conditions.get("negative")),
        seed=text(_first(graph, above, "seed", "noise_seed")),
        steps=integer(_first(graph, above, "steps")),
        sampler=text(_first(graph, above, "sampler_name")),
        scheduler=text(_first(graph, above, "scheduler")),
        cfg_scale=number(_first(graph, above, "cfg", "guidance")),
        denoising_strength=number(_first(graph, above, "denoise")),
        width_pixels=integer(_first(graph, above, "width")),
        height_pixels=integer(_first(graph, above, "height")),
        models=tuple(_models(graph, above)),
        parameters=(_kinds(graph, above),),
    )


def _link(value: object) -> str:
    """Return the node that an input comes from; empty if it is no link."""
    if isinstance(value, list) and len(value) == 2 and isinstance(value[1], int):  # noqa: PLR2004 - node, slot
        return str(value[0])
    return ""


def _upwards(graph: Graph, start: str) -> Iterator[str]:
    """Give a node and those that it draws on, nearest first; each once, and not endlessly many."""
    waiting, seen = deque([start]), {start}
    while waiting and len(seen) <= VISITED_COUNT_MAX:
        key = waiting.popleft()
        yield key
        for value in graph[key]["inputs"].values():
            above = _link(value)
            if above in graph and above not in seen:
                seen.add(above)
                waiting.append(above)


def _first(graph: Graph, keys: list[str], *names: str) -> object:
    """Return the nearest value that is written down under one of the names."""
    for key in keys:
        inputs = graph[key]["inputs"]
        for name in names:
            value = inputs.get(name)
            if isinstance(value, str | int | float) and not isinstance(value, bool):
                return value
    return None


def _prompt(graph: Graph, link: object) -> str:
    start = _link(link)
    if start not in graph:
        return ""
    parts: list[str] = []
    for key in _upwards(graph, start):
        for name, value in graph[key]["inputs"].items():
            if name in _TEXTS and isinstance(value, str) and value.strip() and value not in parts:
                parts.append(value)
    return prompt("\n".join(parts))


def _models(graph: Graph, keys: list[str] | Graph) -> list[GenerationModel]:
    models: list[GenerationModel] = []
    for key in keys:
        inputs = graph[key]["inputs"]
        for name, value in inputs.items():
            kind = _MODELS.get(name)
            if isinstance(value, str) and (kind or _FILE.fullmatch(value)):
                weight = number(inputs.get("strength_model")) if kind == "lora" else None
                models.append(GenerationModel(kind or "other", text(value), weight=weight))
    return list(dict.fromkeys(models))[:MODELS_COUNT_MAX]


def _kinds(graph: Graph, keys: list[str] | Graph) -> GenerationParameter:
    kinds = dict.fromkeys(str(graph[key].get("class_type", "")) for key in keys)
    return GenerationParameter("nodes", text(", ".join(kinds)))
