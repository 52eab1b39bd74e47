"""Broken and malicious files against the extractor."""
