"""What people watched, liked and disliked, and forgetting it."""
