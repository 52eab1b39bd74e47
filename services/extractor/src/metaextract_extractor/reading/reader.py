"""Reads one file with everything we have: our walkers, ExifTool, the witnesses, then what follows from it."""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Final

from metaextract_common.version import VERSION
from metaextract_extractor.domain.findings import Reading
from metaextract_extractor.domain.insights import Insights
from metaextract_extractor.domain.operations import Operation, OperationOutcome
from metaextract_extractor.domain.quality import Quality
from metaextract_extractor.domain.result import Fallback, Notice, Outcome
from metaextract_extractor.reading.bounding import bounded
from metaextract_extractor.reading.broken_off import walked
from metaextract_extractor.reading.engines.content_credentials import ContentCredentials, worth_reading
from metaextract_extractor.reading.engines.exiftool import ExifTool, Found
from metaextract_extractor.reading.engines.measuring import Measurement
from metaextract_extractor.reading.evidence import Engine, Evidence, Report, Subject
from metaextract_extractor.reading.identity import as_document, media_type_of, named, recognised, sized
from metaextract_extractor.reading.insights.drawing import drawn, with_pixels, with_place_name
from metaextract_extractor.reading.merging import merged, merged_without_primary, placed
from metaextract_extractor.reading.operations.run import run_operation
from metaextract_extractor.reading.provisional import provisional
from metaextract_extractor.reading.quality.assess import assess
from metaextract_extractor.reading.quality.efficiency import Cost
from metaextract_extractor.reading.quality.unknown_tags import is_unknown_tags_field
from metaextract_extractor.reading.steps import Steps
from metaextract_extractor.reading.view import View
from metaextract_extractor.reading.walk import ENGINE as WALKERS
from metaextract_extractor.reading.walk import Walk

WALKERS_VERSION: Final = VERSION

PIXEL_DECODERS_OFF: Final = Notice(
    "PIXEL_DECODERS_OFF",
    "No pixels were decoded, because this server cannot shut its decoders in well enough: fingerprints and "
    "comparisons of previews are missing.",
)

TOO_MUCH_FOR_EXIFTOOL: Final = frozenset({"jumbf_packets_max"})
"""It would take gigabytes."""

TOO_MUCH_FOR_ENGINES: Final = frozenset(
    {"depth_max", "containers_max", "directories_max", "entries_max", "unpacked_bytes_max", "xmp_depth_max"}
)
"""Budgets of our walkers beyond which other engines are known to hang or to swell."""

BUSY_WITH_ZEROS: Final = frozenset({"PNG", "SVG"})
"""Families in which ExifTool takes seconds for bytes that have not arrived, which it reads as zeros."""

HELD_IN_MEMORY: Final = frozenset({"WEBP"})
HELD_BYTES_MAX: Final = 16 * 1024 * 1024
"""ExifTool holds files of these families twice; of longer ones only the whole file is worth that."""


class Reader:
    """The engines of one worker. `exiftool` is the primary one, `witnesses` say what they see beside it."""

    def __init__(
        self,
        exiftool: ExifTool,
        witnesses: Sequence[Engine],
        credentials: ContentCredentials,
        *,
        host_scale: float,
        pixel_decoders: bool,
        tessdata: Path | None,
    ) -> None:
        self._exiftool = exiftool
        self._witnesses = witnesses
        self._credentials = credentials
        self._host_scale = host_scale
        self._pixel_decoders = pixel_decoders
        self._tessdata = tessdata

    @property
    def versions(self) -> dict[str, str]:
        """Engine names and versions."""
        witnesses = {one.name: one.version for one in self._witnesses}
        credentials = {self._credentials.name: self._credentials.version}
        return {self._exiftool.name: self._exiftool.version, **witnesses, **credentials}

    @property
    def step_names(self) -> tuple[str, ...]:
        """The steps of a reading, as far as they are known before."""
        return (WALKERS, *self.versions, "insights", "place", "pixels", "quality")

    def read(self, subject: Subject, steps: Steps, measurement: Measurement) -> Reading:
        """Read a whole file, or of one that is arriving what is there."""
        return self.examine(subject, steps, measurement)[0]

    def examine(
        self, subject: Subject, steps: Steps, measurement: Measurement
    ) -> tuple[Reading, Evidence | None]:
        """Read, and keep what operations rest on; None of a file that is arriving."""
        walk = steps.engine(WALKERS, WALKERS_VERSION, lambda: walked(subject), lambda done: len(done.fields))
        walk = walk or Walk()
        if TOO_MUCH_FOR_ENGINES.intersection(walk.budgets_exceeded):
            steps.leave_out(self.versions, "budget")
        if TOO_MUCH_FOR_EXIFTOOL.intersection(walk.budgets_exceeded):
            steps.leave_out((self._exiftool.name,), "budget")
        if not subject.whole and _is_costly(subject):
            steps.leave_out((self._exiftool.name,), "unfinished")
        primary = self._primary(subject, steps)
        if not subject.whole:
            return _unfinished(primary, walk, subject.view), None
        witnesses = self._witnessed(subject, walk, steps)
        if primary is None:
            fields = merged_without_primary(walk, witnesses)
        else:
            as_document(primary, walk)
            fields = merged(primary.fields, walk, witnesses)
        evidence = Evidence(subject, walk, fields, {**witnesses, **_as_report(primary)})
        return self._reading(evidence, primary, steps, measurement), evidence

    def carry_out(
        self, operation: Operation, evidence: Evidence, insights: Insights | None, steps: Steps
    ) -> OperationOutcome:
        """Do one operation on a file that was examined; whatever happens, the outcome tells."""
        outcome = steps.ours(
            operation.value,
            lambda: run_operation(
                operation,
                evidence,
                tessdata=self._tessdata,
                pixel_decoders=self._pixel_decoders,
                insights=insights or Insights(),
            ),
        )
        return outcome or OperationOutcome(operation.value, False, steps.notices[-1].message)

    def _primary(self, subject: Subject, steps: Steps) -> Found | None:
        engine = self._exiftool
        return steps.engine(
            engine.name,
            engine.version,
            lambda: recognised(engine.read(subject.path), subject),
            lambda done: sum(not is_unknown_tags_field(one) for one in done.fields),
        )

    def _witnessed(self, subject: Subject, walk: Walk, steps: Steps) -> dict[str, Report]:
        engines = [one for one in self._witnesses if one.reads(subject)]
        if self._credentials.reads(subject) and worth_reading(walk):
            engines.append(self._credentials)
        reports = {}
        for engine in engines:
            report = steps.engine(
                engine.name, engine.version, partial(engine.read, subject), lambda done: len(done.fields)
            )
            if report is not None:
                reports[engine.name] = report
        return reports

    def _reading(
        self, evidence: Evidence, primary: Found | None, steps: Steps, measurement: Measurement
    ) -> Reading:
        walk, subject = evidence.walk, evidence.subject
        format_name = named(primary, walk, subject)
        width_pixels, height_pixels = sized(primary, walk, evidence.reports)
        insights = self._insights(evidence, steps, measurement)
        quality = steps.ours("quality", lambda: self._quality(evidence, format_name, steps, measurement))
        fields, cut = bounded(one for one in evidence.fields if not is_unknown_tags_field(one))
        return Reading(
            format_name=format_name,
            media_type=media_type_of(primary, format_name),
            width_pixels=width_pixels,
            height_pixels=height_pixels,
            cpu_seconds=measurement.cpu_seconds(),
            memory_peak_bytes=measurement.memory_peak_bytes(),
            fields=fields,
            warnings=(*_notices(evidence), *walk.notices, *steps.notices, *cut, *self._without_pixels()),
            engines=tuple(steps.runs),
            fallback=_fallback(steps),
            containers=tuple(walk.containers),
            embedded=tuple(walk.embedded),
            insights=insights,
            quality=quality,
        )

    def _without_pixels(self) -> tuple[Notice, ...]:
        return () if self._pixel_decoders else (PIXEL_DECODERS_OFF,)

    def _insights(self, evidence: Evidence, steps: Steps, measurement: Measurement) -> Insights | None:
        insights = steps.ours("insights", lambda: drawn(evidence, now=datetime.now(UTC)))
        if insights is None:
            return None
        with measurement.elsewhere():  # in the engine's database of places
            with_name = steps.ours("place", lambda: with_place_name(insights, self._exiftool))
        known, decoders = with_name or insights, self._pixel_decoders
        with measurement.for_pixels():
            seen = steps.ours("pixels", lambda: with_pixels(known, evidence, pixel_decoders=decoders))
        return seen or known

    def _quality(
        self, evidence: Evidence, format_name: str, steps: Steps, measurement: Measurement
    ) -> Quality:
        cost = Cost(
            cpu_seconds=measurement.cpu_seconds(),
            wall_seconds=steps.seconds,
            memory_peak_bytes=measurement.memory_peak_bytes(),
            bytes_read=measurement.bytes_read(),
            bytes_read_for_pixels=measurement.bytes_read_for_pixels(),
            bytes_total=evidence.subject.view.size_bytes,
            host_scale=self._host_scale,
        )
        return assess(
            evidence,
            cost,
            format_name=format_name,
            now=datetime.now(UTC),
            without_primary=self._exiftool.name not in evidence.reports,
        )


def _is_costly(subject: Subject) -> bool:
    """Whether ExifTool costs more for a file that is arriving than provisional fields are worth."""
    large = subject.view.size_bytes > HELD_BYTES_MAX
    return subject.family in BUSY_WITH_ZEROS or (large and subject.family in HELD_IN_MEMORY)


def _as_report(primary: Found | None) -> dict[str, Report]:
    return {} if primary is None else {ExifTool.name: Report(primary.fields, primary.warnings)}


def _unfinished(primary: Found | None, walk: Walk, view: View) -> Reading:
    fields = placed(primary.fields, walk) if primary else list(walk.fields)
    return Reading(
        format_name=walk.format_name,
        media_type="",
        width_pixels=None,
        height_pixels=None,
        cpu_seconds=None,
        memory_peak_bytes=None,
        fields=provisional(fields, walk, view),
        unread=tuple(walk.unread),
    )


def _notices(evidence: Evidence) -> list[Notice]:
    return [notice for report in evidence.reports.values() for notice in report.notices]


def _fallback(steps: Steps) -> Fallback | None:
    """Tell why the primary engine has no part in the result."""
    run = next(run for run in steps.runs if run.name == ExifTool.name)
    return None if run.outcome is Outcome.SUCCEEDED else Fallback(run.name, run.cause)
