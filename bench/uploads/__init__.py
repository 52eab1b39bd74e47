"""Memory and processor time of many slow uploads at once."""
