"""What the rules of a policy find in a library."""
