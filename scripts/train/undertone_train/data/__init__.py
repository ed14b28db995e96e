"""Recordings, their features, and the windows that a network reads."""
