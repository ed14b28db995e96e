"""Evaluation on speakers that were never trained on, and what its figures are made of."""
