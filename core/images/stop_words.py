"""Words that say nothing of what an image shows, in the languages of the interface and in German."""

from collections.abc import Iterable

_BY_LANGUAGE = {
    "en": "a an and are as at be been being by for from has have in into is it its near of off on onto or some that "
    "the their there these this those to was were which who with without",
    "de": "am auf aus bei beim das dem den der des die ein eine einem einen einer eines für hinter im ist mit neben "
    "oder ohne sich sind über um und unter vom von vor wie zu zum zur",
    "tr": "bir bu da daha de gibi her ile için ki mi mu mı mü olan olarak şu ve veya ya",
    "zh-CN": "一个 一只 一张 一种 上 下 不 与 中 为 了 从 以 但 到 及 和 在 对 或 是 有 的 着 这 那 里",
}
STOP_WORDS = frozenset(word for words in _BY_LANGUAGE.values() for word in words.split())


def content_words(words: Iterable[str]) -> list[str]:
    """Return the *words* that say what an image shows, in lower case and each once; all of them when none does."""
    known = list(dict.fromkeys(word.lower() for word in words))
    return [word for word in known if word not in STOP_WORDS] or known


def word_stem(word: str) -> str:
    """Return what an English plural has in common with its singular; any other word unchanged."""
    return word[:-1] if len(word) > 3 and word.isascii() and word.endswith("s") and word[-2] not in "siu" else word
