"""Training algorithms: one file each, and the step of one replica in it."""
