"""Enforces the rules that stand in the contract (buf.validate), so that no servicer repeats them."""

import protovalidate
from google.protobuf.message import Message

from metaextract_common import errors


def validate(request: Message) -> None:
    """Raise INVALID_REQUEST naming the first field that breaks a rule, and the rule."""
    try:
        protovalidate.validate(request)
    except protovalidate.ValidationError as error:
        violation = error.violations[0].proto
        elements = violation.field.elements if violation.field else ()
        path = ".".join(element.field_name for element in elements)
        raise errors.invalid_request(path or "request", violation.message or violation.rule_id) from error
