from ui.terminal.answer import refusal


def test_a_refusal_says_the_same_to_people_and_to_programs() -> None:
    answer = refusal("the disk is full", "free some")
    assert answer.notice == "error: the disk is full\n  fix: free some"
    assert answer.document == {"error": "the disk is full", "fix": "free some"}
    assert (answer.exit_code, answer.text) == (1, "")
