"""How well the paid embedding finds a picture again after it was changed, beside perceptual hashes alone."""
