"""How well stored vectors tell actions apart: by names of classes, and by heads fitted on them."""
