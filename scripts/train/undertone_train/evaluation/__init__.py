"""Evaluation on speakers that were not trained on: splits, cross-validation, figures, reports."""
