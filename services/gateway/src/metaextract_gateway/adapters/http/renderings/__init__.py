"""One result in several languages: JSON, NDJSON, CSV, and an XMP sidecar. All are made from the contract's
message; nothing here has seen the file.
"""
