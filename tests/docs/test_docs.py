"""The documentation says what is."""

import re
import runpy
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
# What setup, a build or a run makes; a fresh clone does not have it.
MADE = (".venv", ".tools", ".data", "libs/common/src/metaextract/", "libs/common/src/buf/", "photos")


def test_the_settings_page_is_what_the_classes_say() -> None:
    document = runpy.run_path(str(ROOT / "scripts" / "settings_doc.py"))["document"]()

    assert (ROOT / "docs" / "settings.md").read_text() == document, "run scripts/settings_doc.py"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_file_that_a_page_names_exists(page: Path) -> None:
    text = page.read_text()
    linked = re.findall(r"\]\((?!https?:|#)([^)#]+)", text)
    named = re.findall(
        r"`((?:services|libs|proto|docs|deploy|tests|bench|scripts|third_party)/[\w./-]+)`", text
    )

    missing = [
        name
        for name in [*linked, *named]
        if not name.startswith(MADE) and not (page.parent / name).exists() and not (ROOT / name).exists()
    ]

    assert not missing


def test_the_architecture_page_follows_an_upload_through_files_that_exist() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text()
    files = re.findall(r"`([\w./]+\.(?:py|proto))`", text)

    assert len(files) > 10
    assert not [name for name in files if not any(ROOT.glob(f"**/{name}")) and not (ROOT / name).exists()]
