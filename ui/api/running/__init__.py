"""How the library and its server are: state, failures, health."""
