"""Networks of 8-bit integers: from a trained network to one, and the exact reference."""
