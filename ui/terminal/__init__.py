"""What commands print, and their shared options."""
