"""Clips unlike the rest of their library, or unlike what is normal in one place."""
