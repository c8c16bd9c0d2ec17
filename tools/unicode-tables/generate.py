#!/usr/bin/env python3
"""Generates src/text/unicode_tables.inc, the Unicode facts of the BERT tokenizer.

The facts are read off the reference implementation itself (PyPI `tokenizers`, the Rust library of
Hugging Face), one code point at a time, and not from one version of the Unicode database: the
reference takes general categories, decompositions and lower-casing from three sources of different
Unicode versions, and only their mixture gives the same ids.

    pip install -r requirements.txt
    python generate.py            writes the table
    python generate.py --check    exit status 1 when the checked-in table is not what it would write
"""
import argparse
import pathlib
import sys
import unicodedata

import tokenizers
from tokenizers.normalizers import NFD, BertNormalizer, Lowercase
from tokenizers.pre_tokenizers import BertPreTokenizer

HERE = pathlib.Path(__file__).resolve().parent
TABLE = HERE.parent.parent / "src" / "text" / "unicode_tables.inc"
PINNED = (HERE / "requirements.txt").read_text().split()[0].split("==")[1]

BLOCK = 64  # code points a block
ESCAPE = 0xD800  # a value from here to 0xDFFF is a position in the pool of sequences

# The order of enum class CharClass in src/text/unicode.h.
KEEP, REMOVED, SPACE, PUNCTUATION, CJK, CJK_MAPPED = range(6)
MARK, MAPPED, PUNCTUATION_MAPPED, BECOMES_PUNCTUATION = range(6, 10)
HANGUL, SURVIVOR, SURVIVOR_MAPPED = range(10, 13)
WITH_MAPPING = {CJK_MAPPED, MAPPED, PUNCTUATION_MAPPED, BECOMES_PUNCTUATION, SURVIVOR_MAPPED}

clean = BertNormalizer(True, False, False, False).normalize_str
pad_cjk = BertNormalizer(False, True, False, False).normalize_str
strip_accents = BertNormalizer(False, False, True, False).normalize_str
decompose = NFD().normalize_str
lower = Lowercase().normalize_str
split = BertPreTokenizer().pre_tokenize_str


def is_punctuation(char):
    return len(split("a" + char + "b")) == 3


class CombiningClasses:
    """Canonical combining classes, found by watching which neighbours NFD exchanges."""

    LOWEST, HIGHEST = (1, "\u0334"), (240, "\u0345")

    def __init__(self):
        samples = dict([self.LOWEST, self.HIGHEST])
        for code in [c for c in range(0x300, 0x20000) if not 0xD800 <= c <= 0xDFFF]:
            value = unicodedata.combining(chr(code))
            # Python may know marks that are too new for the reference, which takes them for starters.
            if value and value not in samples and self._is_mark(chr(code)):
                samples[value] = chr(code)
        self.samples = sorted(samples.items())
        self.cache = {}

    def _is_mark(self, char):
        before_highest = decompose(self.HIGHEST[1] + char)[0] != self.HIGHEST[1]
        after_lowest = decompose(char + self.LOWEST[1])[0] != char
        return len(decompose(char)) == 1 and (before_highest or after_lowest)

    def of(self, char):
        """0 for a starter. char does not decompose."""
        if char not in self.cache:
            self.cache[char] = self._find(char)
        return self.cache[char]

    def _find(self, char):
        if not self._is_mark(char):
            return 0
        for value, sample in self.samples:
            if decompose(sample + char)[0] == sample and decompose(char + sample)[0] == char:
                return value
        raise SystemExit(f"U+{ord(char):04X} has a combining class without a sample")


def classify(char, classes):
    """The class of a code point and the code points it becomes in an uncased model."""
    cleaned = clean(char)
    if cleaned != char or char == " ":
        assert cleaned in ("", " ")
        return (SPACE if cleaned else REMOVED), ""
    mapped = "".join(lower(c) for c in strip_accents(char))
    lead = classes.of(decompose(char)[0])
    survivors = [c for c in mapped if classes.of(c)]
    assert all(clean(c) == c and c != " " for c in mapped) and len(mapped) <= 3
    if pad_cjk(char) != char:
        assert len(mapped) == 1 and not lead and not survivors and not is_punctuation(mapped)
        return (CJK if mapped == char else CJK_MAPPED), mapped
    if is_punctuation(char):
        assert len(mapped) == 1 and not lead and not survivors and is_punctuation(mapped)
        return (PUNCTUATION if mapped == char else PUNCTUATION_MAPPED), mapped
    if not mapped:
        return MARK, ""
    if any(is_punctuation(c) for c in mapped):
        assert len(mapped) == 1 and not lead
        return BECOMES_PUNCTUATION, mapped
    if lead:
        assert mapped == char
        return SURVIVOR, ""
    if survivors:  # one starter, then survivors of one class, so their order cannot change
        assert len({classes.of(c) for c in mapped[1:]}) == 1 and not classes.of(mapped[0])
        return SURVIVOR_MAPPED, mapped
    if 0xAC00 <= ord(char) <= 0xD7A3:
        assert [ord(c) for c in mapped] == hangul(ord(char))
        return HANGUL, ""
    return (KEEP if mapped == char else MAPPED), mapped


def hangul(code):
    index = code - 0xAC00
    parts = [0x1100 + index // 588, 0x1161 + index % 588 // 28, 0x11A7 + index % 28]
    return parts[: 3 if index % 28 else 2]


class Facts:
    def __init__(self):
        self.classes = bytearray(0x110000)
        self.mapping = {}
        self.combining = []  # (first code point, class) where the class changes
        combining = CombiningClasses()
        previous = 0
        for code in range(0x110000):
            if 0xD800 <= code <= 0xDFFF:
                self.classes[code] = REMOVED  # never decoded
                continue
            self.classes[code], mapped = classify(chr(code), combining)
            if self.classes[code] in WITH_MAPPING:
                self.mapping[code] = [ord(c) for c in mapped]
            value = combining.of(decompose(chr(code))[0])
            if value != previous:
                self.combining.append((code, value))
                previous = value


def find_gap(facts):
    """The longest run of blocks without a mapping, where range entries replace table blocks."""
    blocks = sorted({code // BLOCK for code in facts.mapping})
    _, first, last = max((b - a, a + 1, b) for a, b in zip(blocks, blocks[1:]))
    while len(set(facts.classes[first * BLOCK : (last - 1) * BLOCK])) > 2:
        first += 1  # until only the ideographs of plane 2 and unassigned code points are left
    return range(first, last), range(blocks[-1] + 1)


def class_tables(facts, gap, dense):
    """Two-stage table of the classes of the dense blocks, and ranges for all others."""
    numbers, blocks, index = {}, [], []
    for start in [block * BLOCK for block in dense if block not in gap]:
        block = bytes(facts.classes[start : start + BLOCK])
        if block not in numbers:
            numbers[block] = len(blocks)
            blocks.append(block)
        index.append(numbers[block])
    assert len(blocks) <= 256
    packed = [block[i] | block[i + 1] << 4 for block in blocks for i in range(0, BLOCK, 2)]
    ranges, previous = [], None
    for block in [*gap, *range(dense.stop, 0x110000 // BLOCK)]:
        for code in range(block * BLOCK, (block + 1) * BLOCK):
            if facts.classes[code] != previous:
                previous = facts.classes[code]
                ranges.append(code << 8 | previous)
    return index, packed, ranges


def mapping_tables(facts, gap, dense):
    """Per block a bitmap of the code points with a mapping and where its values start."""
    index, bitmaps, starts, values, pool = [], [0], [0], [], []
    for block in [block for block in dense if block not in gap]:
        codes = [c for c in range(block * BLOCK, (block + 1) * BLOCK) if c in facts.mapping]
        index.append(len(bitmaps) if codes else 0)
        if not codes:
            continue
        bitmaps.append(sum(1 << c % BLOCK for c in codes))
        starts.append(len(values))
        for code in codes:
            target = facts.mapping[code]
            if len(target) == 1 and target[0] < 0x10000:
                values.append(target[0])
                continue
            assert len(pool) < 0x800
            values.append(ESCAPE + len(pool))
            pool += target + [0]
    assert len(bitmaps) <= 256
    return index, bitmaps, starts, values, pool


def array(name, kind, width, values):
    texts = [f"0x{v:0{width}X}" for v in values]
    per_line = 100 // (width + 4)
    lines = [", ".join(texts[i : i + per_line]) for i in range(0, len(texts), per_line)]
    return f"constexpr {kind} {name}[{len(texts)}] = {{\n    " + ",\n    ".join(lines) + "};\n"


def render(facts):
    gap, dense = find_gap(facts)
    class_index, class_blocks, class_ranges = class_tables(facts, gap, dense)
    map_index, bitmaps, starts, values, pool = mapping_tables(facts, gap, dense)
    combining = [code << 8 | value for code, value in facts.combining]
    sizes = [(class_index, 1), (class_blocks, 1), (class_ranges, 4), (map_index, 1), (bitmaps, 8)]
    sizes += [(starts, 2), (values, 2), (pool, 4), (combining, 4)]
    total = sum(len(values) * width for values, width in sizes)
    return "".join(
        [
            "// Generated by tools/unicode-tables/generate.py from the behaviour of PyPI tokenizers\n",
            f"// {PINNED} on every code point; do not edit. {total} bytes.\n\n",
            "// The blocks of 64 code points in [kGapBegin, kGapEnd) and from kDenseEnd on have no\n",
            "// place in the two block tables.\n",
            f"constexpr uint32_t kGapBegin = 0x{gap.start * BLOCK:X};\n",
            f"constexpr uint32_t kGapEnd = 0x{gap.stop * BLOCK:X};\n",
            f"constexpr uint32_t kDenseEnd = 0x{dense.stop * BLOCK:X};\n",
            "// Class of c: kClassBlocks[kClassIndex[block] * 32 + c % 64 / 2], low nibble first.\n",
            array("kClassIndex", "uint8_t", 2, class_index),
            array("kClassBlocks", "uint8_t", 2, class_blocks),
            "// Outside the blocks: first code point << 8 | class, up to the next entry.\n",
            array("kClassRanges", "uint32_t", 8, class_ranges),
            "// Mapping of c: the bit of c in its block's bitmap, counted, from the block's start.\n",
            array("kMappingIndex", "uint8_t", 2, map_index),
            array("kMappingBitmaps", "uint64_t", 16, bitmaps),
            array("kMappingStarts", "uint16_t", 4, starts),
            "// A code point, or 0xD800 + a position in kMappingPool.\n",
            array("kMappingValues", "uint16_t", 4, values),
            "// Sequences, each ended by 0.\n",
            array("kMappingPool", "uint32_t", 5, pool),
            "// First code point << 8 | combining class of the first code point of its NFD.\n",
            array("kCombiningRanges", "uint32_t", 8, combining),
        ]
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="compare, do not write")
    arguments = parser.parse_args()
    if tokenizers.__version__ != PINNED:
        sys.exit(f"tokenizers {tokenizers.__version__} is installed; the table is that of {PINNED}")
    text = render(Facts())
    if not arguments.check:
        TABLE.write_text(text, encoding="utf-8")
    elif TABLE.read_text(encoding="utf-8") != text:
        sys.exit(f"{TABLE.name} is stale: run tools/unicode-tables/generate.py")


if __name__ == "__main__":
    main()
