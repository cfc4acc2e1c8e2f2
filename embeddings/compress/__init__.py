"""Making encoders smaller and faster."""
