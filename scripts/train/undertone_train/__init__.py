"""Training for Undertone: from corpora of recordings to a model bundle."""
