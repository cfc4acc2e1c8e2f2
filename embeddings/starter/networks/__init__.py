"""The network of `starter`: in torch, in numpy, and the copy of its weights that needs no torch."""
