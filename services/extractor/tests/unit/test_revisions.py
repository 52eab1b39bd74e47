"""What was told early and is otherwise in the end."""

from dataclasses import replace

from metaextract_extractor.domain.model import RevisedField
from metaextract_extractor.domain.result import Field, Standard
from metaextract_extractor.domain.revisions import revised_fields

MAKE = Field("JPEG-APP1-IFD0", Standard.EXIF, "IFD0", "Camera", "Make", "271", "Acme", "Acme", "string", "x")


def test_what_holds_is_not_revised() -> None:
    assert revised_fields([MAKE], [replace(MAKE, engine="other", occurrence=1)]) == ()


def test_another_value_and_a_missing_one_are_told() -> None:
    model = replace(MAKE, name="Model", printed="One")
    assert revised_fields([MAKE, model], [replace(MAKE, printed="Other")]) == (
        RevisedField("JPEG-APP1-IFD0", "IFD0", "Make", 0, "Acme", "Other"),
        RevisedField("JPEG-APP1-IFD0", "IFD0", "Model", 0, "One", None),
    )


def test_of_several_of_one_name_any_may_hold() -> None:
    other = replace(MAKE, printed="Other", occurrence=1)
    assert revised_fields([MAKE, other], [replace(other, occurrence=0), replace(MAKE, occurrence=1)]) == ()
