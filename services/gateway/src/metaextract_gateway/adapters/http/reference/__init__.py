"""The OpenAPI document of /v1, and a page made of it.

`openapi.json` is made by `python -m scripts.openapi` and committed; a test compares.
"""
