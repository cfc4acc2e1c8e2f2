"""What is known of a library is found out once, and anew when the library has changed."""

from __future__ import annotations

from ui.library.asking.remembered import Remembered


class Asked:
    def __init__(self, most: int = 2) -> None:
        self.known: Remembered[str, str] = Remembered(most)
        self.found_out: list[str] = []

    def ask(self, state: int, question: str) -> str:
        def find_out() -> str:
            self.found_out.append(question)
            return f"{question} in {state}"

        return self.known.get(state, question, find_out)


def test_it_is_found_out_once_for_each_state() -> None:
    asked = Asked()
    assert [asked.ask(1, "size") for _ in range(3)] == ["size in 1"] * 3
    assert asked.ask(2, "size") == "size in 2"
    assert asked.found_out == ["size", "size"]


def test_those_asked_last_stay() -> None:
    asked = Asked(most=2)
    for question in ("a", "b", "a", "c", "a", "b"):
        asked.ask(1, question)
    assert asked.found_out == ["a", "b", "c", "b"]


def test_an_answer_about_an_older_state_is_not_kept() -> None:
    known: Remembered[str, int] = Remembered(8)

    def while_it_changes() -> int:
        known.get(2, "other", lambda: 0)
        return 1

    assert known.get(1, "size", while_it_changes) == 1
    assert known.get(2, "size", lambda: 2) == 2
