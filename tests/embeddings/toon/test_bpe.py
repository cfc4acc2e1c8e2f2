from pathlib import Path

from embeddings.backbone.lean_open_clip import open_clip  # the reader that the file is written for
from embeddings.toon.bpe import learn_merges, save_merges, vocabulary_size

CORPUS = ["a red car drives to the left", "a red cat", "the red car", "a blue car rises"]


def test_frequent_words_become_one_token_and_others_stay_readable(tmp_path: Path) -> None:
    merges = learn_merges(CORPUS, most=200)
    save_merges(tmp_path / "bpe.gz", merges)
    tokenizer = open_clip.SimpleTokenizer(bpe_path=str(tmp_path / "bpe.gz"), context_length=16)
    assert len(tokenizer.encode("red car")) == 2
    assert len(tokenizer.encode("zebra")) == 5
    assert tokenizer.decode(tokenizer.encode("a red zebra")).strip() == "a red zebra"
    assert tokenizer.vocab_size == vocabulary_size(merges)


def test_the_most_frequent_pair_is_merged_first() -> None:
    assert learn_merges(["ab ab aab"], most=1) == [("a", "b</w>")]
    assert learn_merges(["aaac aab ab"], most=1) == [("a", "a")]


def test_pairs_count_as_often_as_their_word_occurs() -> None:
    assert learn_merges(["zz zz zz", "ab cab"], most=1) == [("z", "z</w>")]


def test_only_the_letters_of_open_clips_alphabet_count_in_lower_case() -> None:
    assert learn_merges(["Xy.", "é-né 77"], most=9) == [("x", "y</w>")]


def test_the_order_of_the_corpus_does_not_matter() -> None:
    assert learn_merges(["ab cd"], most=2) == learn_merges(["cd", "ab"], most=2)


def test_ties_are_decided_the_same_each_time() -> None:
    texts = ["a red car drives to the left across the street"]
    first = learn_merges(texts, most=20)
    assert all(learn_merges(texts, most=20) == first for _ in range(30))


def test_learning_stops_when_every_word_is_one_token() -> None:
    merges = learn_merges(["ab cd"], most=50)
    assert len(merges) == 2


def test_the_same_corpus_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        save_merges(tmp_path / name, learn_merges(CORPUS, most=30))
    written = (tmp_path / "a").read_bytes()
    assert written == (tmp_path / "b").read_bytes()
    assert written[4:8] == b"\0\0\0\0", "the time is in the gzip header"
