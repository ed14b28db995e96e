"""Training: its configuration, its batches, its loop."""
