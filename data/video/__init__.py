"""Reading and writing video: types, containers, shots."""
