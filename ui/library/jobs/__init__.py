"""Running jobs: each registers in the queue, tells how far it is, and stops when it is asked to."""
