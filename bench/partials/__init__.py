"""How early fields are told while a file still travels, and whether they hold."""
