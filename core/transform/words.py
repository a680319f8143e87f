"""What a question depends on, by its words in English, Chinese and Turkish.

Words are beginnings: ``blur`` stands for blurred and blurry, and Turkish adds its endings behind. A word too many only
costs a variant; a word too few would make a wrong answer. So words that also mean something else are listed.
A dot is a space, and a dollar sign the end of the word.
"""

import re
import unicodedata
from collections.abc import Mapping
from functools import cache, lru_cache
from typing import Literal

from core.questions.language import language_mismatch

Aspect = Literal[
    "side", "position", "count", "contents", "text", "color", "light", "quality", "angle", "shape", "coordinates"
]

_EN: Mapping[Aspect, str] = {
    "side": "left right east west clockwise counterclockwise anticlockwise facing direction toward mirror flipped "
    "pointing heading which.way which.hand first second$ third$ fourth last$ order$ ordered sequence start.of end.of",
    "position": "where position locat top bottom upper lower above below under over middle center "
    "centre central corner edge foreground background front behind near nearest next "
    "beside between first last",
    "count": "how.many how.much number.of count$ counted counting total amount several many few two three four "
    "five six seven eight nine ten eleven twelve dozen both pair single",
    "contents": "is.there are.there there.is there.are any visible contain present absent appear "
    "show shown see describ descript caption list all every each only main most "
    "largest biggest smallest dominant what.is.in what.is.on what.else which.of no "
    "none nobody nothing yes",
    "text": "text word letter read write written writing wrote say says said spell print "
    "label sign title caption headline logo brand plate license licence inscription "
    "character digit clock what.time menu price number.on name.on poster screen page",
    "color": "color colour red reddish orange yellow green blue purple violet pink brown black "
    "white gray grey beige gold silver cyan magenta turquoise teal navy maroon khaki "
    "cream blond hue saturat vivid pale tint tone shade monochrome warm cool",
    "light": "bright dark light lit dim dimmed day daylight daytime night noon morning evening "
    "dawn dusk sunset sunrise sun sunny shadow shade expos contrast weather cloud "
    "overcast glare lumin glow",
    "quality": "blur sharp focus noise noisy grain quality artifact artefact compress clear "
    "crisp pixelat soft fuzzy smooth rough texture hazy haze fog foggy",
    "angle": "tilt slant horizontal vertical upright angle rotat degree level straight "
    "diagonal lean upside inclin orient crooked parallel",
    "shape": "landscape portrait aspect ratio width height wide tall pixel px resolution "
    "dimension format orient square rectang",
}
_TR: Mapping[Aspect, str] = {
    "side": "sol sağ doğu batı saat.yön yön taraf ayna ilk ikinci üçüncü son$ baştaki sondaki sıra",
    "position": "nere konum yer üst alt yukarı aşağı orta merkez köşe kenar ön arka yan yakın "
    "arasında arasındaki ilk son hangi.taraf",
    "count": "kaç sayı tane adet toplam miktar iki üç dört beş altı yedi sekiz dokuz on birkaç çok az çift tek",
    "contents": "var yok görün görül görü bulun içer herhangi tüm bütün hepsi her sadece yalnız "
    "en ana başlıca baskın tanımla açıkla betimle anlat listele başka hiç",
    "text": "yaz metin kelime sözcük harf oku tabela plaka başlık etiket marka logo rakam "
    "levha isim ad saat.kaç saat fiyat ekran sayfa afiş",
    "color": "renk reng kırmızı turuncu sarı yeşil mavi mor pembe kahve siyah beyaz gri bej "
    "altın gümüş lacivert turkuaz bordo krem doygun canlı soluk ton sıcak soğuk ak "
    "kara",
    "light": "parlak aydınlık karanlık ışık gündüz gece güneş gölge koyu açık kontrast hava "
    "sabah öğle akşam loş bulut pozlama",
    "quality": "bulanık net keskin odak gürültü gren kalite sıkıştır yumuşak pürüz doku sis pus",
    "angle": "eğik eğim yatay dikey dik açı döndür dönük derece düz çapraz ters paralel yamuk",
    "shape": "yatay dikey oran geniş genişlik yükseklik piksel çözünürlük boyut kare biçim format dikdörtgen",
}
_ZH: Mapping[Aspect, str] = {
    "side": "左 右 东边 西边 东侧 西侧 朝东 朝西 顺时针 逆时针 方向 朝向 面向 镜像 第 最后 顺序",
    "position": "哪里 哪儿 在哪 位置 位于 何处 上方 下方 上面 下面 上部 下部 "
    "顶 底 中间 中央 中心 角落 边缘 前景 背景 前面 后面 旁边 附近 "
    "之间 最上 最下 第一 最后 处",
    "count": "几 多少 数量 个数 总共 一共 两 二 三 四 五 六 七 八 九 十 许多 一些 双 对 单",
    "contents": "有没有 有无 是否 有什么 有哪些 有 没 无 存在 包含 看到 看见 可见 出现 显示 描述 说明 "
    "列出 所有 全部 每 只 主要 最大 最小 最多 还有 任何 内容",
    "text": "字 写 读 文 词 标题 标志 标牌 招牌 车牌 标签 品牌 商标 字母 号码 编号 几点 钟 时间 价格 屏幕 名 "
    "页 海报 印",
    "color": "颜色 色 红 橙 黄 绿 蓝 紫 粉 棕 黑 白 灰 金 银 青 饱和 鲜艳 暖 冷 彩",
    "light": "亮 暗 光 明 白天 夜 晚 日 阴 阳 影 对比 天气 曝光 早 晨 傍晚 黄昏 云 晴",
    "quality": "模糊 清晰 清楚 锐 焦 噪 画质 质量 颗粒 压缩 虚化 柔和 纹理 雾",
    "angle": "倾斜 水平 垂直 竖 角度 旋转 斜 直 倒 平行 歪 朝向 正立",
    "shape": "横向 纵向 横 竖 宽 高 比例 像素 分辨率 尺寸 方形 矩形 格式 长",
}
# Left and right in languages without a list: few words are too short for their language to be told.
_SIDES_ELSEWHERE = (
    "links linke rechts rechte izquierd derech gauche droite esquerd direita sinistra destra vänster höger venstre "
    "højre høyre lewo lewej lewy prawo prawej prawy vlevo vpravo слева справа лев прав 왼 오른 يسار يمين"
)
_ENGLISH = re.compile(r"\b(?:the|what|how|which|who|whose|why|where|when|does|describe|there|are|any|and|of|with)\b")
"""Words of nearly every English question and of few others: where one is, the language is not told by its letters."""
_COORDINATES = re.compile(r"[\[(<]\s*-?\d+(?:\.\d+)?\s*,\s*-?\d+")
_NUMBER = re.compile(r"\d")
_QUOTED = re.compile(r"[\"“”„«»「」『』]|(?<!\w)'[^']+'(?!\w)")
_YES_NO = re.compile(r"^(is|are|was|were|does|do|did|can|could|has|have)\b|[吗嘛]|\bm[iuü]\b")
_TURKISH_LETTER = re.compile("[ğĞşŞıİçÇöÖüÜ]")
_COMBINING_DOT = str.maketrans("", "", "\u0307")

KNOWN_LANGUAGES = ("en", "zh", "tr")
_NAMES = {
    "english": "en", "chinese": "zh", "simplified chinese": "zh", "traditional chinese": "zh", "turkish": "tr",
    "türkçe": "tr", "中文": "zh", "": "en",
}  # fmt: skip


def knows(language: str) -> bool:
    """Return whether there are words for *language*, a code such as ``zh-CN`` or an English name."""
    return _code(language) in KNOWN_LANGUAGES


@lru_cache(8192)  # each operation asks about the same texts
def is_as_declared(text: str, language: str) -> bool:
    """Return whether *text* may be English where *language* says so, as it does of all that came without a language."""
    if _code(language) != "en" or _ENGLISH.search(_plain(text)):
        return True
    return not language_mismatch(text, "en")


def _code(language: str) -> str:
    name = language.strip().lower()
    return _NAMES.get(name, re.split(r"[-_]", name)[0])


@lru_cache(8192)  # each operation asks about the same texts
def aspects_in(text: str, language: str) -> frozenset[Aspect]:
    """Return what *text* is about: by English and Chinese words, and by Turkish ones if it may be Turkish."""
    plain = _plain(text)
    may_be_turkish = _code(language) == "tr" or bool(_TURKISH_LETTER.search(text))
    found: set[Aspect] = {aspect for aspect, pattern in _words(may_be_turkish).items() if pattern.search(plain)}
    if not plain.isascii():
        found |= {aspect for aspect, pattern in _characters().items() if pattern.search(plain)}
    if _YES_NO.search(plain):
        found.add("contents")
    if _COORDINATES.search(plain):
        found.add("coordinates")
    if _NUMBER.search(plain):
        found.add("count")
    if _QUOTED.search(plain):
        found.add("text")
    return frozenset(found)


def _plain(text: str) -> str:
    """Return *text* in lower case, with the Turkish i without a dot as i: a capital I may be either."""
    folded = unicodedata.normalize("NFKC", text).replace("İ", "i").casefold().translate(_COMBINING_DOT)
    return folded.replace("ı", "i").replace("什么东西", "什么").strip()


@cache
def _words(with_turkish: bool) -> dict[Aspect, re.Pattern[str]]:
    # The boundary stands before all words together: a pattern with one before each takes ten times as long.
    own = {**_EN, "side": f"{_EN['side']} {_SIDES_ELSEWHERE}"}
    return {
        aspect: re.compile(rf"\b(?:{_beginnings(own[aspect], 2)}{_turkish(aspect) if with_turkish else ''})")
        for aspect in own
    }


@cache
def _characters() -> dict[Aspect, re.Pattern[str]]:
    return {aspect: re.compile("|".join(map(re.escape, _ZH[aspect].split()))) for aspect in _ZH}


def _turkish(aspect: Aspect) -> str:
    return f"|{_beginnings(_TR[aspect], 6)}"


def _beginnings(words: str, longest_ending: int) -> str:
    """Return the pattern of *words* as beginnings; those of at most three letters have a short ending."""
    return "|".join(_beginning(word, longest_ending) for word in words.split())


def _beginning(word: str, longest_ending: int) -> str:
    start = rf"{_plain(word.removesuffix('$')).replace('.', ' +')}"
    if word.endswith("$"):
        return rf"{start}\b"
    return rf"{start}\w{{0,{longest_ending}}}\b" if len(word) <= 3 else start
