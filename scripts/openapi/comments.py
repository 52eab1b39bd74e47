"""The buf image: what the comments of the contract say, by full name."""

import re
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from google.protobuf import descriptor_pb2

ROOT: Final = Path(__file__).parents[2]
BUF: Final = ROOT / ".venv" / "bin" / "buf"

_PACKAGE: Final = "metaextract."
# Numbers of the fields of descriptor messages, of which the paths of comments are made.
_FILE_MESSAGE, _FILE_ENUM, _FILE_SERVICE = 4, 5, 6
_MESSAGE_FIELD, _MESSAGE_NESTED, _MESSAGE_ENUM, _MESSAGE_ONEOF = 2, 3, 4, 8


def image() -> descriptor_pb2.FileDescriptorSet:
    """Build the image; buf's form is that of protoc, with more in it."""
    built = subprocess.run(
        [BUF, "build", "-o", "-#format=binpb"], cwd=ROOT, check=True, capture_output=True, timeout=120
    )
    return descriptor_pb2.FileDescriptorSet.FromString(built.stdout)


def comments(files: descriptor_pb2.FileDescriptorSet) -> Mapping[str, str]:
    """Return what stands before each message, field, enum, value, service and method, by its full name."""
    found: dict[str, str] = {}
    for file in files.file:
        if file.package.startswith(_PACKAGE):
            names = dict(_names(file))
            for location in file.source_code_info.location:
                name = names.get(tuple(location.path))
                if name and location.leading_comments:
                    found[name] = _text(location.leading_comments)
    return found


def services(files: descriptor_pb2.FileDescriptorSet) -> list[str]:
    """Return the full names of the services, in the order of the files."""
    return [f"{file.package}.{one.name}" for file in files.file for one in file.service]


def _text(comment: str) -> str:
    """Join the lines of each paragraph."""
    paragraphs = re.split(r"\n\s*\n", comment)
    return "\n\n".join(" ".join(one.split()) for one in paragraphs).strip()


def _names(file: descriptor_pb2.FileDescriptorProto) -> Iterator[tuple[tuple[int, ...], str]]:
    for at, message in enumerate(file.message_type):
        yield from _of_message(message, (_FILE_MESSAGE, at), f"{file.package}.{message.name}")
    for at, enum in enumerate(file.enum_type):
        yield from _of_enum(enum, (_FILE_ENUM, at), f"{file.package}.{enum.name}")
    for at, service in enumerate(file.service):
        yield (_FILE_SERVICE, at), f"{file.package}.{service.name}"
        for method_at, method in enumerate(service.method):
            yield (_FILE_SERVICE, at, 2, method_at), f"{file.package}.{service.name}.{method.name}"


def _of_message(message: Any, path: tuple[int, ...], name: str) -> Iterator[tuple[tuple[int, ...], str]]:  # noqa: ANN401 - descriptors have no types here
    yield path, name
    for at, field in enumerate(message.field):
        yield (*path, _MESSAGE_FIELD, at), f"{name}.{field.name}"
    for at, oneof in enumerate(message.oneof_decl):
        yield (*path, _MESSAGE_ONEOF, at), f"{name}.{oneof.name}"
    for at, nested in enumerate(message.nested_type):
        yield from _of_message(nested, (*path, _MESSAGE_NESTED, at), f"{name}.{nested.name}")
    for at, enum in enumerate(message.enum_type):
        yield from _of_enum(enum, (*path, _MESSAGE_ENUM, at), f"{name}.{enum.name}")


def _of_enum(enum: Any, path: tuple[int, ...], name: str) -> Iterator[tuple[tuple[int, ...], str]]:  # noqa: ANN401 - descriptors have no types here
    yield path, name
    for at, value in enumerate(enum.value):
        yield (*path, 2, at), f"{name}.{value.name}"
