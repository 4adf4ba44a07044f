"""Image collections to identity tuples: sources, records, tuples."""
