"""Makes copies without what should not be handed on, and proves it by reading them again.

ExifTool writes; what it cannot take out is overwritten where our walkers saw it stand. Whether a copy is good
is decided by its content alone, never by what was done to it.
"""
