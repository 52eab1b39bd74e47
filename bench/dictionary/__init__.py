"""What a search in the field dictionary costs, and what it finds."""
