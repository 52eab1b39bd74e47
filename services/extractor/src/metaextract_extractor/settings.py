"""Everything about the extractor that differs between two deployments."""

import os
import shutil
import sys
from pathlib import Path
from typing import Annotated

from pydantic import Field, PositiveFloat, PositiveInt, SecretStr
from pydantic_settings import SettingsConfigDict

from metaextract_common.bus.settings import BusSettings
from metaextract_extractor.domain.confinement import SandboxLevel

MEBIBYTE = 1024 * 1024


class Settings(BusSettings):
    """Read once, in main. Nothing else reads the environment."""

    model_config = SettingsConfigDict(env_prefix="EXTRACTOR_", frozen=True, extra="forbid")

    listen: str = Field(
        default="0.0.0.0:50051",
        description="Address of the gRPC port: `host:port`, or `unix:/path`.",
    )
    spool_dir: Path = Field(
        default=Path(".data/spool"),
        description="Folder for files that are being read; of this process alone.",
    )
    database_path: Path = Field(
        default=Path(".data/extractor.sqlite"),
        description="SQLite file with extractions and results, of this process alone.",
    )
    database_url: SecretStr = Field(
        default=SecretStr(""),
        description="PostgreSQL database with extractions and results, `postgresql://…`, which any number of "
        "replicas may share; empty for the SQLite file.",
    )
    lease_seconds: Annotated[float, Field(ge=2)] = Field(
        default=15,
        description="Time after its last sign of life after which the extractions of a replica are ended.",
    )
    batch_count_max: PositiveInt = Field(
        default=10_000, description="Extractions that may join one batch, forgotten ones included."
    )
    dictionary_path: str = Field(
        default="",
        description="SQLite file with the field dictionary, made when it does not fit the ExifTool; empty: "
        "what setup made beside Python, else `fields.sqlite` beside the database.",
    )
    exiftool: str = Field(
        default="", description="The ExifTool program, 13.50 or later; empty: beside Python, then on PATH."
    )
    analytics_target: str = Field(
        default="", description="gRPC target of the analytics service; empty: events are not sent."
    )
    upload_bytes_max: PositiveInt = Field(default=100 * MEBIBYTE, description="Largest file, in bytes.")
    upload_idle_seconds_max: PositiveFloat = Field(
        default=60, description="Time that an upload may stand still before it is given up."
    )
    uploads_count_max: PositiveInt = Field(default=256, description="Extractions under way at once.")
    workers_count: PositiveInt = Field(
        default=max(2, os.cpu_count() or 2),
        description="Files that are read at once, one worker process each.",
    )
    queue_count_max: PositiveInt = Field(default=256, description="Whole files that may wait for a worker.")
    worker_seconds_max: PositiveFloat = Field(
        default=30,
        description="Time that one file may take. In its last fifth no operation begins, and a file that has "
        "not been read by then is read by the basic path.",
    )
    worker_step_seconds_max: PositiveFloat = Field(
        default=10, description="Time that one engine may take for a file before it is read without it."
    )
    worker_operation_seconds_max: PositiveFloat = Field(
        default=20,
        description="Time that one operation (`embedding`, `ocr`, `forensics`) may take before it is not "
        "delivered; none lasts beyond `EXTRACTOR_WORKER_SECONDS_MAX`, and none costs the metadata.",
    )
    engines_off: str = Field(
        default="",
        description="Engines that are not used, with commas between; without `exiftool` every result is that "
        "of the basic path.",
    )
    worker_start_seconds_max: PositiveFloat = Field(
        default=30, description="Time that a worker may take to start."
    )
    worker_memory_bytes_max: PositiveInt = Field(
        default=768 * MEBIBYTE, description="Resident bytes of a worker with its engines before it is killed."
    )
    worker_address_space_bytes_max: PositiveInt = Field(
        default=1024 * MEBIBYTE, description="Address space of each process of a worker (RLIMIT_AS)."
    )
    worker_recycle_bytes: PositiveInt = Field(
        default=256 * MEBIBYTE, description="Resident bytes beyond which a worker is replaced after a file."
    )
    sandbox_level_min: SandboxLevel = Field(
        default=SandboxLevel.LIMITS_ONLY,
        description="Level of confinement of the workers below which the extractor refuses to start: "
        "`namespaces`, `self_confined` or `limits_only`.",
    )
    pixel_decoders_level_min: SandboxLevel = Field(
        default=SandboxLevel.SELF_CONFINED,
        description="Level of confinement below which no pixels are decoded whose decoder is a risk.",
    )
    trust_lists: str = Field(
        default="",
        description="PEM files with certificates of authorities whose Content Credentials are trusted, with "
        "commas between; empty: whether a signer is trusted stays open.",
    )
    tessdata: str = Field(
        default="",
        description="Folder with the language data of Tesseract (`eng.traineddata`); empty: beside Python. "
        "Without it the operation `ocr` is not delivered.",
    )
    redactors_count: PositiveInt = Field(
        default=max(1, (os.cpu_count() or 2) // 2), description="Copies that are written at once."
    )
    redactions_count_max: PositiveInt = Field(
        default=32,
        description="Redactions under way at once: arriving, waiting, being written or handed out.",
    )
    redaction_seconds_max: PositiveFloat = Field(
        default=60, description="Time that writing and verifying one copy may take."
    )
    result_seconds: PositiveFloat = Field(default=3600, description="How long an ended extraction is kept.")
    sweep_seconds: PositiveFloat = Field(default=30, description="Time between removals of what has expired.")
    stream_seconds_max: PositiveFloat = Field(
        default=3600, description="Longest upload or watch, in seconds."
    )

    def trust_list_paths(self) -> tuple[Path, ...]:
        """Return the PEM files; raises `FileNotFoundError` for one that is not there."""
        paths = tuple(Path(name.strip()).resolve() for name in self.trust_lists.split(",") if name.strip())
        for path in paths:
            if not path.is_file():
                raise FileNotFoundError(f"{path} does not exist: check EXTRACTOR_TRUST_LISTS.")
        return paths

    def tessdata_path(self) -> Path | None:
        """Return the folder with language data; None if there is none."""
        folder = Path(self.tessdata or Path(sys.prefix, "share", "tessdata")).resolve()
        return folder if folder.is_dir() else None

    def exiftool_path(self) -> Path:
        """Return the ExifTool to use; raises `FileNotFoundError` saying what to do if there is none."""
        beside = Path(sys.executable).with_name("exiftool")
        found = self.exiftool or (str(beside) if beside.exists() else shutil.which("exiftool"))
        if not found or not Path(found).exists():
            raise FileNotFoundError(
                "ExifTool is neither beside Python nor on PATH: run `make setup`, or set EXTRACTOR_EXIFTOOL."
            )
        return Path(found)

    def dictionary_made_path(self) -> Path:
        """Return the field dictionary that setup makes and the image brings along."""
        return Path(self.dictionary_path or Path(sys.prefix) / "share" / "metaextract" / "fields.sqlite")

    def dictionary_own_path(self) -> Path:
        """Return where the extractor makes one itself when that does not fit."""
        return Path(self.dictionary_path or self.database_path.with_name("fields.sqlite"))
