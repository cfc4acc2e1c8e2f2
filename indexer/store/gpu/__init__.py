"""Copies of segments' vectors on GPUs: they only propose rows, and every answer can do without."""
