"""From a library to vectors and index generations."""
