"""What fields say of generators: each dialect, source types, names, and nothing where nothing is said."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metaextract_extractor.adapters.workers.protocol import Known, answer_from_json, answer_to_json
from metaextract_extractor.domain.findings import Reading
from metaextract_extractor.domain.generation import (
    Generation,
    GenerationModel,
    GenerationParameter,
    GenerationStatements,
)
from metaextract_extractor.domain.insights import Insights
from metaextract_extractor.domain.result import Field, Standard
from metaextract_extractor.reading.engines.content_credentials import CredentialsReport
from metaextract_extractor.reading.evidence import Evidence, Report
from metaextract_extractor.reading.insights.generation import SOURCE_TYPES, generation
from metaextract_extractor.reading.walk import Walk

IPTC = "http://cv.iptc.org/newscodes/digitalsourcetype/"


def field(group: str, name: str, raw: Any, tag_id: str = "") -> Field:
    printed = ", ".join(raw) if isinstance(raw, list) else str(raw)
    return Field("", Standard.CONTAINER, group, "", name, tag_id, raw, printed, "", "exiftool")


def stated(*fields: Field, reports: dict[str, Report] | None = None) -> GenerationStatements | None:
    return generation(Evidence(None, Walk(), list(fields), reports or {}))  # type: ignore[arg-type]


def only(*fields: Field) -> Generation:
    result = stated(*fields)
    assert result is not None
    (one,) = result.generations
    return one


def test_settings_of_automatic1111_are_taken_apart() -> None:
    text = (
        "a harbour at dusk, <lora:fog:0.8>\nwith boats\n"
        "Negative prompt: blurry,\nlow quality\n"
        "Steps: 28, Sampler: DPM++ 2M, Schedule type: Karras, CFG scale: 6.5, Seed: 18446744073709551615, "
        "Size: 768x512, Model hash: 0a1b2c3d4e, Model: coast_v2, Denoising strength: 0.4, "
        'Lora hashes: "fog: aabbcc, extra: ddeeff", Hires prompt: "more, boats", Version: v1.10.1'
    )

    one = only(field("ExifIFD", "UserComment", text))

    assert one.dialect == "a1111"
    assert one.field == "ExifIFD:UserComment"
    assert one.prompt == "a harbour at dusk, <lora:fog:0.8>\nwith boats"
    assert one.negative_prompt == "blurry,\nlow quality"
    assert (one.steps, one.sampler, one.scheduler, one.cfg_scale) == (28, "DPM++ 2M", "Karras", 6.5)
    assert (one.seed, one.width_pixels, one.height_pixels) == ("18446744073709551615", 768, 512)
    assert (one.denoising_strength, one.tool_version) == (0.4, "v1.10.1")
    assert one.models == (
        GenerationModel("checkpoint", "coast_v2", "0a1b2c3d4e"),
        GenerationModel("lora", "fog", "aabbcc", 0.8),
        GenerationModel("lora", "extra", "ddeeff"),
    )
    assert one.parameters == (GenerationParameter("Hires prompt", "more, boats"),)


def test_a_json_list_among_the_settings_does_not_end_them() -> None:
    text = 'cat\nSteps: 5, Civitai resources: [{"type":"checkpoint","modelVersionId":1}], Seed: 3'

    one = only(field("PNG", "Parameters", text))

    assert one.seed == "3"
    assert json.loads(one.parameters[0].value) == [{"type": "checkpoint", "modelVersionId": 1}]


GRAPH = {
    "3": {
        "class_type": "KSampler",
        "inputs": {
            "seed": ["9", 0],
            "steps": 20,
            "cfg": 8,
            "sampler_name": "euler",
            "scheduler": "normal",
            "denoise": 0.9,
            "model": ["10", 0],
            "positive": ["6", 0],
            "negative": ["7", 0],
            "latent_image": ["5", 0],
        },
    },
    "4": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "coast.safetensors"}},
    "5": {"class_type": "EmptyLatentImage", "inputs": {"width": 640, "height": 480, "batch_size": 1}},
    "6": {"class_type": "CLIPTextEncode", "inputs": {"text": ["8", 0], "clip": ["10", 1]}},
    "7": {"class_type": "CLIPTextEncode", "inputs": {"text": "blurry", "clip": ["10", 1]}},
    "8": {"class_type": "PrimitiveString", "inputs": {"value": "a harbour"}},
    "9": {"class_type": "Seed", "inputs": {"seed": 99}},
    "10": {
        "class_type": "LoraLoader",
        "inputs": {
            "lora_name": "fog.safetensors",
            "strength_model": 0.5,
            "model": ["4", 0],
            "clip": ["4", 1],
        },
    },
}
WORKFLOW = {
    "nodes": [
        {
            "id": 3,
            "type": "KSampler",
            "widgets_values": [7, "fixed", 12, 4.5, "euler", "simple", 1],
            "inputs": [
                {"name": "positive", "link": 1},
                {"name": "negative", "link": 2},
                {"name": "model", "link": 3},
            ],
        },
        {"id": 6, "type": "CLIPTextEncode", "widgets_values": ["a pier"]},
        {"id": 7, "type": "CLIPTextEncode", "widgets_values": ["people"]},
        {"id": 4, "type": "CheckpointLoaderSimple", "widgets_values": ["coast.ckpt"]},
    ],
    "links": [[1, 6, 0, 3, 1, "CONDITIONING"], [2, 7, 0, 3, 2, "CONDITIONING"], [3, 4, 0, 3, 0, "MODEL"]],
}


@pytest.mark.parametrize(
    "made",
    [
        field("PNG", "Prompt", json.dumps(GRAPH), "prompt"),
        field("IFD0", "Model", "prompt:" + json.dumps(GRAPH)),
        field("ExifIFD", "UserComment", json.dumps({"prompt": GRAPH, "extra": 1})),
        field("ExifIFD", "UserComment", json.dumps({"prompt": json.dumps(GRAPH)})),
    ],
)
def test_a_graph_of_comfyui_is_followed_from_its_sampler(made: Field) -> None:
    one = only(made)

    assert (one.dialect, one.prompt, one.negative_prompt, one.seed) == (
        "comfyui",
        "a harbour",
        "blurry",
        "99",
    )
    assert (one.steps, one.cfg_scale, one.sampler, one.scheduler) == (20, 8, "euler", "normal")
    assert (one.width_pixels, one.height_pixels, one.denoising_strength) == (640, 480, 0.9)
    assert one.models == (
        GenerationModel("lora", "fog.safetensors", weight=0.5),
        GenerationModel("checkpoint", "coast.safetensors"),
    )


def test_the_saved_workflow_speaks_only_without_the_executed_graph() -> None:
    workflow = field("PNG", "Workflow", json.dumps(WORKFLOW), "workflow")

    alone = only(workflow)
    beside = only(workflow, field("PNG", "Prompt", json.dumps(GRAPH), "prompt"))

    assert (alone.dialect, alone.prompt, alone.negative_prompt) == ("comfyui-workflow", "a pier", "people")
    assert (alone.seed, alone.steps, alone.models[0].name) == ("7", 12, "coast.ckpt")
    assert beside.dialect == "comfyui"


def test_a_graph_that_bites_its_tail_ends() -> None:
    graph = {
        "1": {"class_type": "KSampler", "inputs": {"positive": ["2", 0], "seed": 1}},
        "2": {"class_type": "A", "inputs": {"text": "x", "next": ["1", 0], "self": ["2", 0]}},
    }

    assert only(field("PNG", "Prompt", json.dumps(graph))).prompt == "x"


def test_a_graph_that_was_cut_is_named_and_not_guessed() -> None:
    one = only(field("PNG", "Prompt", json.dumps(GRAPH)[:200], "prompt"))

    assert (one.dialect, one.complete, one.prompt) == ("comfyui", False, "")


@pytest.mark.parametrize(
    ("made", "dialect", "prompt", "negative", "seed", "model"),
    [
        (
            field(
                "PNG",
                "Invokeai_metadata",
                json.dumps({
                    "generation_mode": "txt2img", "positive_prompt": "p", "negative_prompt": "n", "seed": 5,
                    "model": {"model_name": "m"}, "loras": [{"model": {"name": "l"}, "weight": 1}],
                }),
                "invokeai_metadata",
            ),
            "invokeai", "p", "n", "5", "m",
        ),
        (
            field(
                "PNG",
                "Sd-metadata",
                json.dumps({"model_weights": "m", "image": {"prompt": [{"prompt": "p"}], "seed": 5}}),
                "sd-metadata",
            ),
            "invokeai", "p", "", "5", "m",
        ),
        (
            field("PNG", "Dream", '"p [n]" -s 30 -S 5 -W 512 -H 512 -C 7.5 -A k_lms', "Dream"),
            "invokeai", "p", "n", "5", "",
        ),
        (
            field(
                "PNG",
                "Parameters",
                json.dumps({
                    "metadata_scheme": "fooocus", "prompt": "p", "negative_prompt": "n", "seed": "5",
                    "base_model": "m", "loras": [["l", 0.5, "h"]],
                }),
            ),
            "fooocus", "p", "n", "5", "m",
        ),
        (
            field("PNG", "Parameters", json.dumps({
                "sui_image_params": {"prompt": "p", "negativeprompt": "n", "seed": 5, "model": "m"}
            })),
            "swarmui", "p", "n", "5", "m",
        ),
        (
            field("ExifIFD", "UserComment", json.dumps({
                "c": "p", "uc": "n", "sampler": "s", "seed": 5, "model": "m"
            })),
            "drawthings", "p", "n", "5", "m",
        ),
        (
            field(
                "PNG", "Description",
                "p --ar 16:9 --v 6.1 --no n --seed 5 Job ID: 0f3e2d1c-aaaa-bbbb-cccc-0123456789ab",
            ),
            "midjourney", "p", "n", "5", "",
        ),
    ],
)  # fmt: skip
def test_each_dialect_is_understood(
    made: Field, dialect: str, prompt: str, negative: str, seed: str, model: str
) -> None:
    one = only(made)

    assert (one.dialect, one.prompt, one.negative_prompt, one.seed) == (dialect, prompt, negative, seed)
    assert [known.name for known in one.models][:1] == ([model] if model else [])


def test_the_prompt_of_novelai_may_stand_in_the_description() -> None:
    comment = {"steps": 28, "sampler": "k_euler", "seed": 5, "scale": 10.0, "uc": "n", "strength": 0.4}

    one = only(field("PNG", "Description", "a pier"), field("PNG", "Comment", json.dumps(comment)))

    assert (one.dialect, one.prompt, one.negative_prompt, one.cfg_scale) == ("novelai", "a pier", "n", 10.0)


def test_source_types_are_explained_with_their_field() -> None:
    result = stated(
        field("XMP-iptcExt", "DigitalSourceType", IPTC + "compositeWithTrainedAlgorithmicMedia"),
        field(
            "CBOR",
            "ActionsDigitalSourceType",
            [IPTC + "digitalCapture", "http://c2pa.org/digitalsourcetype/empty"],
        ),
        field("XMP-iptcExt", "DigitalSourceType", "http://example.com/other"),
    )

    assert result is not None
    assert [(one.term, one.field) for one in result.digital_source_types] == [
        ("compositeWithTrainedAlgorithmicMedia", "XMP-iptcExt:DigitalSourceType"),
        ("digitalCapture", "CBOR:ActionsDigitalSourceType"),
        ("empty", "CBOR:ActionsDigitalSourceType"),
        ("", "XMP-iptcExt:DigitalSourceType"),
    ]
    assert result.digital_source_types[0].meaning == SOURCE_TYPES["compositeWithTrainedAlgorithmicMedia"]


def test_a_source_type_that_only_the_c2pa_engine_sees_counts_too() -> None:
    action = {"action": "c2pa.created", "digitalSourceType": IPTC + "trainedAlgorithmicMedia"}
    store = {
        "active_manifest": "m",
        "manifests": {"m": {"assertions": [{"label": "c2pa.actions.v2", "data": {"actions": [action]}}]}},
    }

    result = stated(reports={"c2pa": CredentialsReport(store=store)})

    assert result is not None
    assert [(one.term, one.field) for one in result.digital_source_types] == [
        ("trainedAlgorithmicMedia", "C2PA:actions")
    ]


@pytest.mark.parametrize(
    ("made", "generator"),
    [
        (field("PNG", "Software", "NovelAI"), "NovelAI"),
        (field("XMP-photoshop", "Credit", "Made with Google AI"), "Google"),
        (field("CBOR", "ActionsSoftwareAgentName", ["GPT-4o", "OpenAI API"]), "OpenAI"),
        (field("XMP-xmp", "CreatorTool", "Adobe Firefly"), "Adobe Firefly"),
        (field("IFD0", "Software", "Bing Image Creator"), "Microsoft"),
    ],
)
def test_names_of_generators_are_mentions(made: Field, generator: str) -> None:
    result = stated(made)

    assert result is not None
    assert [one.generator for one in result.mentions] == [generator]
    assert result.mentions[0].field == f"{made.group}:{made.name}"


@pytest.mark.parametrize(
    "made",
    [
        field("IFD0", "Software", "Adobe Photoshop 26.0"),
        field("IFD0", "Artist", "Imagen Estudio"),
        field("IFD0", "ImageDescription", "My review of Midjourney"),
        field("ExifIFD", "UserComment", "Steps: up the hill, then left"),
        field("PNG", "Comment", "run it with --v 2"),
        field("PNG", "Comment", '{"a": 1}'),
        field("IFD0", "XResolution", 300),
    ],
)
def test_ordinary_fields_say_nothing(made: Field) -> None:
    assert stated(made) is None


PIECES = (
    "Steps: 2, ", "a: ", '"', "\\", "[", "{", "}", "Negative prompt:", "\n", "<lora:", ">", " --v 6",
    " --ar 1", "Job ID: ", "prompt:", '"nodes":', '"links":', '"class_type":', '"inputs":', ":", ",",
    "1", "\ud800",
)  # fmt: skip
MEMBERS = (
    "nodes", "links", "inputs", "class_type", "prompt", "workflow", "positive", "seed", "uc", "sampler",
    "scale", "c", "sui_image_params", "image", "loras", "model", "1",
)  # fmt: skip
DOCUMENTS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(MEMBERS), inner, max_size=5),
    max_leaves=25,
)
TEXTS = st.one_of(
    st.text(),
    st.lists(st.sampled_from(PIECES), max_size=40).map("".join),
    DOCUMENTS.map(json.dumps),
)


@given(text=TEXTS, tag_id=st.sampled_from(["", "prompt", "Dream", "sd-metadata", "invokeai_metadata"]))
def test_any_text_is_understood_as_far_as_it_goes(text: str, tag_id: str) -> None:
    result = stated(field("PNG", "Comment", text, tag_id))

    if result is not None:
        insights = Insights(generation=result)
        answer = Known(Reading("PNG", "", None, None, None, None, insights=insights))
        assert answer_from_json(answer_to_json(answer)).kind == "known"
