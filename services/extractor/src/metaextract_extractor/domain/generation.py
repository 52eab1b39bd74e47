"""What a file says of its making by a generator. Shapes as in metaextract/extractor/v1/generation.proto.

Everything here is a statement of the file with the field that makes it. None of it is a verdict: such fields
can be forged, and a file without them can come from a generator.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class GenerationModel:
    """A model that was used.

    `kind`: `checkpoint`, `refiner`, `lora`, `vae`, `hypernetwork`, `upscaler`, `other`.
    """

    kind: str
    name: str
    hash: str = ""
    weight: float | None = None


@dataclass(frozen=True, slots=True)
class GenerationParameter:
    """A setting that has no place of its own, as the file names it."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Generation:
    """One run of a generator as one field describes it; empty and None where it does not say."""

    dialect: str
    """Who writes like this, such as `a1111`, `comfyui`, `invokeai`, `novelai` or `fooocus`."""
    field: str
    """Group and name of the field, such as `PNG:Parameters`."""
    tool_version: str = ""
    prompt: str = ""
    negative_prompt: str = ""
    seed: str = ""
    steps: int | None = None
    sampler: str = ""
    scheduler: str = ""
    cfg_scale: float | None = None
    denoising_strength: float | None = None
    width_pixels: int | None = None
    height_pixels: int | None = None
    models: tuple[GenerationModel, ...] = ()
    parameters: tuple[GenerationParameter, ...] = ()
    complete: bool = True
    """False if the text was cut or could not be understood to its end."""


@dataclass(frozen=True, slots=True)
class DigitalSourceType:
    """How the picture came to be, by a term of the IPTC (or C2PA) vocabulary."""

    uri: str
    term: str
    """Last part of the address; empty if it is none that is known."""
    meaning: str
    """In plain words; empty for unknown terms."""
    field: str


@dataclass(frozen=True, slots=True)
class GeneratorMention:
    """A field that names a generator or its maker."""

    generator: str
    text: str
    """The value of the field; cut when long."""
    field: str


@dataclass(frozen=True, slots=True)
class GenerationStatements:
    """All of it."""

    generations: tuple[Generation, ...] = ()
    digital_source_types: tuple[DigitalSourceType, ...] = ()
    mentions: tuple[GeneratorMention, ...] = ()
