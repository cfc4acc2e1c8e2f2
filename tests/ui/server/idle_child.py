"""A job that has not begun yet, and never will."""

import threading

if __name__ == "__main__":
    threading.Event().wait()
