"""Vectors by row, and the rows nearest to a query: index kinds, on FAISS."""
