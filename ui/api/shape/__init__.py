"""The shape of what is asked and answered: kinds of values, lists, cursors, refusals, revisions."""
