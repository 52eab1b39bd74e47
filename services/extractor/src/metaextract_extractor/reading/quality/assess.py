"""The quality of one reading: every part, from what was read and what it cost."""

from datetime import datetime

from metaextract_extractor.domain.formats import BY_NAME
from metaextract_extractor.domain.quality import Quality
from metaextract_extractor.reading.evidence import Evidence
from metaextract_extractor.reading.quality.calibration import calibration
from metaextract_extractor.reading.quality.completeness import assess_completeness
from metaextract_extractor.reading.quality.confidence import assess_confidence
from metaextract_extractor.reading.quality.conformance import assess_conformance
from metaextract_extractor.reading.quality.consistency import assess_consistency
from metaextract_extractor.reading.quality.efficiency import Cost, assess_efficiency, cost_model
from metaextract_extractor.reading.quality.plausibility import assess_plausibility
from metaextract_extractor.reading.quality.recommendations import recommend
from metaextract_extractor.reading.quality.support import support, support_without_primary
from metaextract_extractor.reading.quality.unknown_tags import is_unknown_tags_field


def assess(
    evidence: Evidence,
    cost: Cost,
    *,
    format_name: str,
    now: datetime | None = None,
    without_primary: bool = False,
) -> Quality:
    """Assess one reading. `format_name`: as the engine says it. `now`: when the file was received, UTC.

    `without_primary`: the primary engine has no part in it, so what was measured with it does not hold.

    Changes `evidence.fields`: those that another engine read too get their `agreement`, and the one in which
    ExifTool tells what it does not know is taken out, for it is not of the file.
    """
    completeness = assess_completeness(evidence)
    evidence.fields[:] = [one for one in evidence.fields if not is_unknown_tags_field(one)]
    confidence = assess_confidence(evidence, calibration())
    conformance = assess_conformance(evidence)
    consistency = assess_consistency(evidence)
    plausibility = assess_plausibility(evidence, now=now)
    name = _short_name(format_name, evidence.subject.family)
    format_support = support_without_primary(name) if without_primary else support(name)
    return Quality(
        confidence=confidence,
        completeness=completeness,
        efficiency=assess_efficiency(cost, name, len(evidence.fields), cost_model()),
        format_support=format_support,
        conformance=conformance,
        consistency=consistency,
        plausibility=plausibility,
        recommended_actions=recommend(
            confidence, completeness, conformance, consistency, plausibility, format_support
        ),
    )


def _short_name(format_name: str, family: str) -> str:
    """Return the name that `domain.detection` will give: the engine's, unless it is none of ours."""
    return family if format_name not in BY_NAME and family in BY_NAME else format_name
