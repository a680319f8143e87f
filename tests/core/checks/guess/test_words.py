from core.checks.guess.words import contexts, features, words_of


def test_words_are_lower_case_without_punctuation_and_chinese_characters_stand_alone() -> None:
    assert words_of("Isn't the DOG 3.5 m away?") == ["isn't", "the", "dog", "3.5", "m", "away"]
    assert words_of("图中有3只狗吗？") == ["图", "中", "有", "3", "只", "狗", "吗"]
    assert words_of("??") == []


def test_contexts_go_from_the_first_word_to_the_whole_question() -> None:
    assert contexts(["is", "there", "a", "dog"]) == [
        "is ...", "is there ...", "is there a ...", "... dog", "... a dog", "... there a dog", "is there a dog",
    ]  # fmt: skip
    assert contexts(["why"]) == ["why"]


def test_features_are_words_and_pairs_of_neighbors() -> None:
    assert list(features(["is", "it", "red"])) == ["is", "it", "red", "is it", "it red"]
