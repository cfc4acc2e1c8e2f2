"""Which files a library has, and what is to be done with each."""
