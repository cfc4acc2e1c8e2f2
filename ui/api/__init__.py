"""The API under /api/v1: one module a resource, with the models of its answers.

It knows the library and nothing of how it is served: process, media and edge are in `ui.server`.
"""
