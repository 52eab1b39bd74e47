"""The version of MetaExtract."""

from importlib.metadata import version

VERSION = version("metaextract-common")
