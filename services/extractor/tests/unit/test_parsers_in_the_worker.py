"""What parses untrusted bytes may be imported by `reading` alone: the import contract names all of it."""

import ast
import sys
import tomllib
from pathlib import Path

from metaextract_extractor import reading

ROOT = next(one for one in Path(__file__).parents if (one / "uv.lock").exists())
NO_PARSERS = {"metaextract_common", "metaextract_extractor", "psutil", "pydantic", "rapidfuzz"}
"""Of what `reading` imports: our own, and what never sees the bytes of a file."""


def imported(path: Path) -> set[str]:
    """Top packages that a module imports, also by `import_module` of a text."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        match node:
            case ast.Import(names=modules):
                names |= {one.name for one in modules}
            case ast.ImportFrom(module=str(module), level=0):
                names.add(module)
            case ast.Call(
                func=ast.Attribute(attr="import_module"), args=[ast.Constant(value=str(module)), *_]
            ):
                names.add(module)
    return {name.partition(".")[0] for name in names}


def test_the_contract_names_every_parser() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    (contract,) = (one for one in contracts if one["name"] == "only the worker parses")
    modules = [one for folder in reading.__path__ for one in Path(folder).rglob("*.py")]
    parsers = set().union(*map(imported, modules)) - set(sys.stdlib_module_names) - NO_PARSERS
    assert {"PIL", "numpy", "tesserocr", "tzfpy"} <= parsers
    assert parsers <= set(contract["forbidden_modules"])
