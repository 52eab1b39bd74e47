"""What every test suite of MetaExtract shares: real image files with known tags, and the real ExifTool."""

from metaextract_testing.exiftool import ExifToolMissingError, exiftool_path

__all__ = ["ExifToolMissingError", "exiftool_path"]
