"""The For you page: what to watch next, on shelves that say why."""
