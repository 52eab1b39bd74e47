"""Talk to a MetaExtract server.

    async with Client("http://localhost:8080") as client:
        extraction = await client.extract("photo.jpg")

`extract_file` does the same for programs without an event loop; the command `metaextract` for people.
"""

from metaextract_client.client import DEFAULT_URL, Client
from metaextract_client.errors import (
    ConnectionBrokenError,
    ExtractionFailedError,
    MetaExtractError,
    ProblemError,
    ServerUnreachableError,
)
from metaextract_client.field_models import (
    DictionaryLanguage,
    FieldDefinition,
    FieldDictionary,
    FieldGroup,
    FieldsFound,
    FieldValue,
)
from metaextract_client.models import (
    ByteRange,
    DetectedFormat,
    Engine,
    EngineRun,
    Event,
    Extraction,
    Failure,
    Field,
    FileFacts,
    Format,
    Notice,
    PartialResult,
    Progress,
    Result,
    Server,
    State,
    StateChange,
    Timings,
)
from metaextract_client.sync import extract_file

__all__ = [
    "DEFAULT_URL",
    "ByteRange",
    "Client",
    "ConnectionBrokenError",
    "DetectedFormat",
    "DictionaryLanguage",
    "Engine",
    "EngineRun",
    "Event",
    "Extraction",
    "ExtractionFailedError",
    "Failure",
    "Field",
    "FieldDefinition",
    "FieldDictionary",
    "FieldGroup",
    "FieldValue",
    "FieldsFound",
    "FileFacts",
    "Format",
    "MetaExtractError",
    "Notice",
    "PartialResult",
    "ProblemError",
    "Progress",
    "Result",
    "Server",
    "ServerUnreachableError",
    "State",
    "StateChange",
    "Timings",
    "extract_file",
]
