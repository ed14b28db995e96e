"""Corpora, the features of their recordings, and the windows that a network reads."""
