"""Commands about people and recommendations."""
