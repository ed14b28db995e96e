"""Training against the baseline of a voice, on several corpora, and its evaluation on unheard ones."""
