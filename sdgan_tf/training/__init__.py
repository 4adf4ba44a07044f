"""The training loop; it knows no algorithm by name."""
