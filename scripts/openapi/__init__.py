"""Makes the OpenAPI 3.1 document of /v1 from the contract, as docs/adr/0022-the-openapi-document.md says."""

import json

from scripts.openapi.document import document


def text() -> str:
    """Return the document as it is committed."""
    return json.dumps(document(), ensure_ascii=False, indent=1) + "\n"
