"""Prints the OpenAPI document: `.venv/bin/python -m scripts.openapi > services/gateway/src/metaextract_gateway/adapters/http/reference/openapi.json`."""  # noqa: E501 - a command

import sys

from scripts.openapi import text

sys.stdout.write(text())
