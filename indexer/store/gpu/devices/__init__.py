"""What one GPU does: kinds of copies, each searched by torch, FAISS or cuvs."""
