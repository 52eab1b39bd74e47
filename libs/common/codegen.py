"""Generates the Python side of the contract: messages, gRPC stubs and their types.

Runs as a build hook of this package, so that installing it is enough; `make gen` installs it again.
Output: src/metaextract and src/buf, both ignored by git.
"""

import shutil
from importlib import resources
from pathlib import Path
from typing import Any

from grpc_tools import protoc
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

HERE = Path(__file__).parent
WORKSPACE = HERE.parent.parent


def generate(out: Path) -> None:
    """Write the stubs for every .proto of ours below `out`; whatever stood there before is replaced."""
    own = WORKSPACE / "proto"
    vendored = WORKSPACE / "third_party" / "protovalidate"
    google = WORKSPACE / "third_party" / "googleapis"
    well_known = Path(str(resources.files("grpc_tools"))) / "_proto"
    sources = [str(path) for root in (own, vendored) for path in sorted(root.rglob("*.proto"))]
    for name in ("metaextract", "buf"):
        shutil.rmtree(out / name, ignore_errors=True)
    code = protoc.main(
        [
            "protoc",
            *(f"-I{path}" for path in (own, vendored, google, well_known)),
            f"--python_out={out}",
            f"--pyi_out={out}",
            f"--grpc_python_out={out}",
            f"--mypy_grpc_out={out}",
            *sources,
        ]
    )
    if code:
        raise SystemExit(f"protoc failed with {code}")
    for name in ("metaextract", "buf"):
        (out / name / "py.typed").touch()


class CustomBuildHook(BuildHookInterface):  # type: ignore[type-arg]
    """Called by hatchling before it collects files."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Generate in place, so that editable installs see the stubs too."""
        if (WORKSPACE / "proto").is_dir():  # absent when building from our own source distribution
            generate(HERE / "src")
