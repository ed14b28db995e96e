"""Training of a network: its configuration, batches, losses, pre-training and loop."""
