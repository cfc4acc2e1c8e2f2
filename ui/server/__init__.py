"""One ASGI application: pages, JSON API and media."""
