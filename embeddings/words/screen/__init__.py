"""Words in the picture: signs, titles, captions that are burnt in."""
