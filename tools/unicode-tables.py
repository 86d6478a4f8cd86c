#!/usr/bin/env python3
"""Writes tokenizer/unicode_tables.c.

    python3 tools/unicode-tables.py            > tokenizer/unicode_tables.c
    python3 tools/unicode-tables.py --check      compares with the reference

The data are Python's unicodedata of Unicode 14.0.0 (Python 3.11), which has
general categories, combining classes and decompositions.  The tokenizers
library that we must agree with mixes several versions: 8.0 for BERT's
classes, 9.0 for normal forms, 16.0 and 17.0 for the rest.  What it has
besides 14.0, or lacks of it, is listed below as ranges.  They were measured
on tokenizers 0.23.3 by putting every code point through it, and --check
repeats the part of the measurement that needs no constructed input.
Properties that unicodedata lacks (grapheme clusters) are lists as well.
"""
import sys
import unicodedata

assert unicodedata.unidata_version == "14.0.0", unicodedata.unidata_version

LAST = 0x110000
CODES = [c for c in range(LAST) if not 0xD800 <= c < 0xE000]


def codes(text):
    out = set()
    for part in text.split():
        low, _, high = part.partition("-")
        out.update(range(int(low, 16), int(high or low, 16) + 1))
    return out


# ---- Differences from 14.0 ------------------------------------------------

WHITE = codes("9-D 20 85 A0 1680 2000-200A 2028-2029 202F 205F 3000")

# 8.0: format characters that came later.
CLEAN_KEPT = codes("890-891 8E2 110CD 13430-13438")

# 8.0: nonspacing marks that came later or changed; U+1734 was one.
BERT_MARK_MORE = codes("1734")
BERT_MARK_LESS = codes("""
7FD 898-89F 8CA-8E1 9FE AFA-AFF B55 C04 C3C D00 D3B-D3C D81 EBA 180F
1885-1886 1ABF-1ACE 1DF6-1DFB A82C A8C5 A8FF A9BD 10D24-10D27 10EAB-10EAC
10F46-10F50 10F82-10F85 11070 11073-11074 110C2 111C9 111CF 1123E 1133B
11438-1143F 11442-11444 11446 1145E 1182F-11837 11839-1183A 1193B-1193C
1193E 11943 119D4-119D7 119DA-119DB 119E0 11A01-11A0A 11A33-11A38
11A3B-11A3E 11A47 11A51-11A56 11A59-11A5B 11A8A-11A96 11A98-11A99
11C30-11C36 11C38-11C3D 11C3F 11C92-11CA7 11CAA-11CB0 11CB2-11CB3
11CB5-11CB6 11D31-11D36 11D3A 11D3C-11D3D 11D3F-11D45 11D47 11D90-11D91
11D95 11D97 11EF3-11EF4 16F4F 16FE4 1CF00-1CF2D 1CF30-1CF46 1E000-1E006
1E008-1E018 1E01B-1E021 1E023-1E024 1E026-1E02A 1E130-1E136 1E2AE
1E2EC-1E2EF 1E944-1E94A""")

# 8.0: punctuation.
PUNCT_MORE = codes("166D 111C9")
PUNCT_LESS = codes("""
61D 9FD A76 C77 C84 1B7D-1B7E 2E43-2E4F 2E52-2E5D 10EAD 10F55-10F59
10F86-10F89 1144B-1144F 1145A-1145B 1145D 11660-1166C 116B9 1183B
11944-11946 119E2 11A3F-11A46 11A9A-11A9C 11A9E-11AA2 11C41-11C45
11C70-11C71 11EF7-11EF8 11FFF 12FF1-12FF2 16E97-16E9A 16FE2 1E95E-1E95F""")

# 17.0: numbers as the standard library of Rust has them.
NUMERIC_MORE = codes("""
10D40-10D49 116D0-116E3 11BF0-11BF9 11DE0-11DE9 11F50-11F59 16130-16139
16D70-16D79 16FF4-16FF6 1CCF0-1CCF9 1D2C0-1D2D3 1E4F0-1E4F9
1E5F1-1E5FA""")

# 16.0: \\w of the regular expressions.
WORD_MORE = codes("""
897 CF3 ECE 1C89-1C8A 24B6-24E9 A7CB-A7CD A7DA-A7DC 105C0-105F3 10D40-10D65
10D69-10D6D 10D6F-10D85 10EC2-10EC4 10EFC-10EFF 1123F-11241 11380-11389
1138B 1138E 11390-113B5 113B7-113C0 113C2 113C5 113C7-113CA 113CC-113D3
113E1-113E2 116D0-116E3 11BC0-11BE0 11BF0-11BF9 11F00-11F10 11F12-11F3A
11F3E-11F42 11F50-11F5A 1342F 13440-13455 13460-143FA 16100-16139
16D40-16D6C 16D70-16D79 18CFF 1B132 1B155 1CCF0-1CCF9 1DF25-1DF2A
1E030-1E06D 1E08F 1E4D0-1E4F9 1E5D0-1E5FA 1F130-1F149 1F150-1F169
1F170-1F189 2B739 2EBF0-2EE5D 31350-323AF""")

# 16.0: \\p{L} and \\p{N} of the byte-level pattern.
LETTER_MORE = codes("""
1C89-1C8A A7CB-A7CD A7DA-A7DC 105C0-105F3 10D4A-10D65 10D6F-10D85
10EC2-10EC4 1123F-11240 11380-11389 1138B 1138E 11390-113B5 113B7 113D1
113D3 11BC0-11BE0 11F02 11F04-11F10 11F12-11F33 1342F 13441-13446
13460-143FA 16100-1611D 16D40-16D6C 18CFF 1B132 1B155 1DF25-1DF2A
1E030-1E06D 1E4D0-1E4EB 1E5D0-1E5ED 1E5F0 2B739 2EBF0-2EE5D
31350-323AF""")
NUMBER_MORE = codes("""
10D40-10D49 116D0-116E3 11BF0-11BF9 11F50-11F59 16130-16139 16D70-16D79
1CCF0-1CCF9 1D2C0-1D2D3 1E4F0-1E4F9 1E5F1-1E5FA""")

# 9.0: marks that StripAccents takes away.
STRIP_MORE = codes("1CF2-1CF3")
STRIP_LESS = codes("""
7FD 898-89F 8CA-8D3 9FE AFA-AFF B55 C04 C3C D00 D3B-D3C D81 EBA 1715 180F
1ABF-1ACE 1CF7 1DF6-1DFA A82C A8FF 10D24-10D27 10EAB-10EAC 10F46-10F50
10F82-10F85 11070 11073-11074 110C2 11145-11146 111C9 111CE-111CF 1133B
1145E 1182C-1183A 11930-11935 11937-11938 1193B-1193E 11940 11942-11943
119D1-119D7 119DA-119E0 119E4 11A01-11A0A 11A33-11A39 11A3B-11A3E 11A47
11A51-11A5B 11A8A-11A99 11D31-11D36 11D3A 11D3C-11D3D 11D3F-11D45 11D47
11D8A-11D8E 11D90-11D91 11D93-11D97 11EF3-11EF6 16F4F 16F7F-16F87 16FE4
16FF0-16FF1 1CF00-1CF2D 1CF30-1CF46 1E130-1E136 1E2AE 1E2EC-1E2EF""")

# 9.0: decompositions and combining classes that came later.
NOT_DECOMPOSED = codes("""
32FF A7F2-A7F4 AB69 10781-10785 10787-107B0 107B2-107BA 11938 1F16C
1FBF0-1FBF9""")
NOT_COMBINING = codes("""
7FD 898-89F 8CA-8D3 9FE C3C D3B-D3C EBA 1715 1ABF-1ACE 1DF6-1DFA A82C
10D24-10D27 10EAB-10EAC 10F46-10F50 10F82-10F85 11070 1133B 1145E
11839-1183A 1193D-1193E 11943 119E0 11A34 11A47 11A99 11D42 11D44-11D45
11D97 16FF0-16FF1 1E130-1E136 1E2AE 1E2EC-1E2EF""")

# 17.0: small letters.
LOWER_MORE = {0x1C89: 0x1C8A, 0xA7CB: 0x264, 0xA7DA: 0xA7DB, 0xA7DC: 0x19B}
LOWER_MORE.update({c: c + 1 for c in (0xA7CC, 0xA7CE, 0xA7D2, 0xA7D4)})
LOWER_MORE.update({c: c + 32 for c in range(0x10D50, 0x10D66)})
LOWER_MORE.update({c: c + 27 for c in range(0x16EA0, 0x16EB9)})

# ---- Grapheme clusters (UAX 29), which unicodedata lacks: 17.0 -------------

# Extend besides the marks of 14.0 of the categories Mn and Me.
EXTEND_MORE = codes("""
897 9BE 9D7 B3E B57 BBE BD7 CC0 CC2 CC7-CC8 CCA-CCB CD5-CD6 D3E D57 DCF DDF
ECE 1715 1734 1ACF-1ADD 1AE0-1AEB 1B35 1B3B 1B3D 1B43-1B44 1BAA 1BF2-1BF3
200C 302E-302F A953 A9C0 FF9E-FF9F 10D69-10D6D 10EFA-10EFF 111C0 11235 11241
1133E 1134D 11357 113B8 113BB-113C0 113C2 113C5 113C7-113C9 113CE-113D0
113D2 113E1-113E2 114B0 114BD 115AF 116B6 11930 1193D 11B60 11B62-11B64
11B66 11F00-11F01 11F36-11F3A 11F40-11F42 11F5A 13440 13447-13455
1611E-16129 1612D-1612F 16FF0-16FF1 1D165-1D166 1D16D-1D172 1E08F
1E4EC-1E4EF 1E5EE-1E5EF 1E6E3 1E6E6 1E6EE-1E6EF 1E6F5 1F3FB-1F3FF
E0020-E007F""")
EXTEND_LESS = codes("1171E")
# SpacingMark besides, and without, the marks of category Mc.
SPACING_MORE = codes("""
CF3 E33 EB3 113B9-113BA 113CA 113CC-113CD 1171E 11B61 11B65 11B67 11F03
11F34-11F35 11F3E-11F3F 1612A-1612C""")
SPACING_LESS = codes("""
102B-102C 1038 1062-1064 1067-106D 1083 1087-108C 108F 109A-109C 1A61
1A63-1A64 AA7B AA7D 11720-11721""")
PREPEND = codes("""
600-605 6DD 70F 890-891 8E2 D4E 110BD 110CD 111C2-111C3 113D1 1193F 11941
11A84-11A89 11D46 11F02""")
PICTOGRAPHIC = codes("""
A9 AE 203C 2049 2122 2139 2194-2199 21A9-21AA 231A-231B 2328 23CF 23E9-23F3
23F8-23FA 24C2 25AA-25AB 25B6 25C0 25FB-25FE 2600-2604 260E 2611 2614-2615
2618 261D 2620 2622-2623 2626 262A 262E-262F 2638-263A 2640 2642 2648-2653
265F-2660 2663 2665-2666 2668 267B 267E-267F 2692-2697 2699 269B-269C
26A0-26A1 26A7 26AA-26AB 26B0-26B1 26BD-26BE 26C4-26C5 26C8 26CE-26CF 26D1
26D3-26D4 26E9-26EA 26F0-26F5 26F7-26FA 26FD 2702 2705 2708-270D 270F 2712
2714 2716 271D 2721 2728 2733-2734 2744 2747 274C 274E 2753-2755 2757
2763-2764 2795-2797 27A1 27B0 27BF 2934-2935 2B05-2B07 2B1B-2B1C 2B50 2B55
3030 303D 3297 3299 1F004 1F02C-1F02F 1F094-1F09F 1F0AF-1F0B0 1F0C0
1F0CF-1F0D0 1F0F6-1F0FF 1F170-1F171 1F17E-1F17F 1F18E 1F191-1F19A
1F1AE-1F1E5 1F201-1F20F 1F21A 1F22F 1F232-1F23A 1F23C-1F23F 1F249-1F25F
1F266-1F321 1F324-1F393 1F396-1F397 1F399-1F39B 1F39E-1F3F0 1F3F3-1F3F5
1F3F7-1F3FA 1F400-1F4FD 1F4FF-1F53D 1F549-1F54E 1F550-1F567 1F56F-1F570
1F573-1F57A 1F587 1F58A-1F58D 1F590 1F595-1F596 1F5A4-1F5A5 1F5A8
1F5B1-1F5B2 1F5BC 1F5C2-1F5C4 1F5D1-1F5D3 1F5DC-1F5DE 1F5E1 1F5E3 1F5E8
1F5EF 1F5F3 1F5FA-1F64F 1F680-1F6C5 1F6CB-1F6D2 1F6D5-1F6E5 1F6E9
1F6EB-1F6F0 1F6F3-1F6FF 1F7DA-1F7FF 1F80C-1F80F 1F848-1F84F 1F85A-1F85F
1F888-1F88F 1F8AE-1F8AF 1F8BC-1F8BF 1F8C2-1F8CF 1F8D9-1F8FF 1F90C-1F93A
1F93C-1F945 1F947-1F9FF 1FA58-1FA5F 1FA6E-1FAFF 1FC00-1FFFD""")
# Indic conjuncts (rule GB9c).
CONSONANT = codes("""
915-939 958-95F 978-97F 995-9A8 9AA-9B0 9B2 9B6-9B9 9DC-9DD 9DF 9F0-9F1
A95-AA8 AAA-AB0 AB2-AB3 AB5-AB9 AF9 B15-B28 B2A-B30 B32-B33 B35-B39 B5C-B5D
B5F B71 C15-C28 C2A-C39 C58-C5A D15-D3A 1000-102A 103F 1050-1055 105A-105D
1061 1065-1066 106E-1070 1075-1081 108E 1780-17B3 1A20-1A54 1B0B-1B0C
1B13-1B33 1B45-1B4C 1B83-1BA0 1BAE-1BAF 1BBB-1BBD A989-A98B A98F-A9B2
A9E0-A9E4 A9E7-A9EF A9FA-A9FE AA60-AA6F AA71-AA73 AA7A AA7E-AA7F AAE0-AAEA
ABC0-ABDA 10A00 10A10-10A13 10A15-10A17 10A19-10A35 11103-11126 11144 11147
11380-11389 1138B 1138E 11390-113B5 11900-11906 11909 1190C-11913
11915-11916 11918-1192F 11A00 11A0B-11A32 11A50 11A5C-11A83 11F04-11F10
11F12-11F33""")
LINKER = codes("""
94D 9CD ACD B4D C4D D4D 1039 17D2 1A60 1B44 1BAB A9C0 AAF6 10A3F 11133 113D0
1193E 11A47 11A99 11F42""")
# Unassigned, but ignorable by default: they break like controls.
IGNORABLE = codes("2065 FFF0-FFF8 E0000 E0002-E001F E0080-E00FF E01F0-E0FFF")
VOWEL_MORE = codes("16D63 16D67-16D6A")


# ---- Classes, as in tokenizer/unicode_int.h -------------------------------

FLAGS = ("WHITE", "CLEAN", "BERT_MARK", "PUNCT", "NUMERIC", "WORD",
         "LETTER", "NUMBER", "STRIP")
GRAPHEMES = ("OTHER", "CR", "LF", "CONTROL", "EXTEND", "JOINER", "NONJOINER",
             "LINKER", "REGIONAL", "PREPEND", "SPACING", "L", "V", "T", "LV",
             "LVT", "PICTURE", "CONSONANT")


def category(code):
    return unicodedata.category(chr(code))


def alone(code):
    return unicodedata.normalize("NFD", chr(code)) == chr(code)


def of_categories(names):
    return {c for c in CODES if category(c) in names.split()}


def properties():
    marks = of_categories("Mn")
    ascii_punct = {c for c in range(33, 127) if not chr(c).isalnum()}
    letters = of_categories("Lu Ll Lt Lm Lo")
    all_marks = of_categories("Mn Mc Me")
    numbers = of_categories("Nd Nl No")
    clean = of_categories("Cc Cf Co") - WHITE - CLEAN_KEPT
    clean |= {0, 0xB, 0xC, 0x85, 0xFFFD}
    word = letters | all_marks | of_categories("Nd Nl Pc")
    return {
        "WHITE": WHITE,
        "CLEAN": clean,
        "BERT_MARK": (marks | BERT_MARK_MORE) - BERT_MARK_LESS,
        "PUNCT": (of_categories("Pc Pd Ps Pe Pi Pf Po") | ascii_punct
                  | PUNCT_MORE) - PUNCT_LESS,
        "NUMERIC": numbers | NUMERIC_MORE,
        "WORD": word | {0x200C, 0x200D} | WORD_MORE,
        "LETTER": letters | LETTER_MORE,
        "NUMBER": numbers | NUMBER_MORE,
        "STRIP": (all_marks | STRIP_MORE) - STRIP_LESS,
    }


def hangul(code):
    if 0x1100 <= code <= 0x115F or 0xA960 <= code <= 0xA97C:
        return "L"
    if 0x1160 <= code <= 0x11A7 or 0xD7B0 <= code <= 0xD7C6:
        return "V"
    if 0x11A8 <= code <= 0x11FF or 0xD7CB <= code <= 0xD7FB:
        return "T"
    if 0xAC00 <= code <= 0xD7A3:
        return "LV" if (code - 0xAC00) % 28 == 0 else "LVT"
    return None


def graphemes():
    out = {}
    extend = (of_categories("Mn Me") | EXTEND_MORE) - EXTEND_LESS
    spacing = (of_categories("Mc") | SPACING_MORE) - SPACING_LESS - extend
    control = of_categories("Cc Zl Zp Cf") | IGNORABLE
    for code in CODES:
        name = hangul(code)
        if code == 0x200D:
            name = "JOINER"
        elif code == 0x200C:
            name = "NONJOINER"
        elif code in (0xD, 0xA):
            name = "CR" if code == 0xD else "LF"
        elif code in LINKER:
            name = "LINKER"
        elif code in extend:
            name = "EXTEND"
        elif code in spacing:
            name = "SPACING"
        elif code in PREPEND:
            name = "PREPEND"
        elif code in control:
            name = "CONTROL"
        elif 0x1F1E6 <= code <= 0x1F1FF:
            name = "REGIONAL"
        elif code in PICTOGRAPHIC:
            name = "PICTURE"
        elif code in CONSONANT:
            name = "CONSONANT"
        elif code in VOWEL_MORE:
            name = "V"
        if name:
            out[code] = name
    return out


def lower(code):
    """First code point of the small letter; U+0130 has a second one."""
    if code in LOWER_MORE:
        return LOWER_MORE[code]
    text = chr(code).lower()
    assert len(text) == 1 or code == 0x130
    return ord(text[0])


def combining(code):
    return 0 if code in NOT_COMBINING else unicodedata.combining(chr(code))


def decomposed(form, code):
    if code in NOT_DECOMPOSED or 0xAC00 <= code <= 0xD7A3:
        return chr(code)
    return unicodedata.normalize(form, chr(code))


# ---- Writing ---------------------------------------------------------------

def two_stage(values):
    """Blocks of 128 values; equal blocks are shared."""
    blocks, numbers, stage = [], {}, []
    for start in range(0, LAST, 128):
        block = tuple(values[start:start + 128])
        if block not in numbers:
            numbers[block] = len(blocks)
            blocks.append(block)
        stage.append(numbers[block])
    return stage, [v for block in blocks for v in block]


def write_array(kind, name, values):
    print("const %s %s[%d] = {" % (kind, name, len(values)))
    line = "   "
    for value in values:
        text = " %s," % value
        if len(line) + len(text) > 79:
            print(line)
            line = "   "
        line += text
    print(line)
    print("};\n")


def fitting(values):
    return "uint8_t" if max(values) < 256 else "uint16_t"


def write_entries():
    sets, clusters = properties(), graphemes()
    numbers, entries, values = {}, [], []
    for code in range(LAST):
        if 0xD800 <= code < 0xE000:
            entry = (0, 0, 0, 0)
        else:
            flags = sum(1 << i for i, name in enumerate(FLAGS)
                        if code in sets[name])
            entry = (lower(code) - code, flags,
                     GRAPHEMES.index(clusters.get(code, "OTHER")),
                     combining(code))
        if entry not in numbers:
            numbers[entry] = len(entries)
            entries.append(entry)
        values.append(numbers[entry])
    stage, cells = two_stage(values)
    write_array("uint16_t", "lat_unicode_stage", stage)
    write_array("uint16_t", "lat_unicode_cells", cells)
    write_array("lat_unicode_entry", "lat_unicode_entries",
                ["{%d, %d, %d, %d}" % e for e in entries])


def write_decompositions():
    pool, places, rows, values = [], {"": 0}, [(0, 0, 0, 0)], []

    def place(text):
        if text not in places:
            places[text] = len(pool)
            pool.extend(ord(c) for c in text)
        return places[text]

    for code in range(LAST):
        if 0xD800 <= code < 0xE000 or decomposed("NFKD", code) == chr(code):
            values.append(0)
            continue
        canonical = decomposed("NFD", code)
        canonical = "" if canonical == chr(code) else canonical
        compatible = decomposed("NFKD", code)
        rows.append((place(canonical), place(compatible), len(canonical),
                     len(compatible)))
        values.append(len(rows) - 1)
    stage, cells = two_stage(values)
    write_array("uint16_t", "lat_unicode_form_stage", stage)
    write_array("uint16_t", "lat_unicode_form_cells", cells)
    write_array("lat_unicode_form", "lat_unicode_forms",
                ["{%d, %d, %d, %d}" % r for r in rows])
    write_array("uint32_t", "lat_unicode_pool", ["%d" % v for v in pool])


def write_compositions():
    """Pairs that NFC puts together, sorted by the first, then second."""
    pairs = []
    for code in CODES:
        raw = unicodedata.decomposition(chr(code))
        if not raw or raw[0] == "<" or code in NOT_DECOMPOSED:
            continue
        parts = [int(p, 16) for p in raw.split()]
        if len(parts) == 2 and unicodedata.normalize("NFC", "".join(
                map(chr, parts))) == chr(code):
            pairs.append((parts[0], parts[1], code))
    pairs.sort()
    print("const size_t lat_unicode_pair_count = %d;\n" % len(pairs))
    write_array("lat_unicode_pair", "lat_unicode_pairs",
                ["{%d, %d, %d}" % p for p in pairs])


def write_all():
    print("/*")
    print(" * unicode_tables.c - generated by tools/unicode-tables.py; do not")
    print(" * edit.  Unicode %s with the listed differences (8.0, 9.0, 16.0,"
          % unicodedata.unidata_version)
    print(" * 17.0) of tokenizers 0.23.3.")
    print(" */")
    print('#include "unicode_int.h"\n')
    write_entries()
    write_decompositions()
    write_compositions()


# ---- Checking against the reference ----------------------------------------

def check():
    from tokenizers import normalizers, pre_tokenizers
    sets, wrong = properties(), 0

    def bert(**on):
        names = ("clean_text", "handle_chinese_chars", "strip_accents",
                 "lowercase")
        return normalizers.BertNormalizer(**{n: n in on for n in names})

    def compare(name, got, want):
        nonlocal wrong
        bad = [c for c in CODES if got(c) != want(c)]
        wrong += len(bad)
        print("%-12s %d differences %s"
              % (name, len(bad), " ".join("%X" % c for c in bad[:8])))

    def gone(normalizer):
        return lambda c: normalizer.normalize_str("a%cb" % c) == "ab"

    def pieces(splitter, text):
        return len(splitter.pre_tokenize_str(text))

    cleaner = bert(clean_text=1)
    compare("CLEAN", gone(cleaner), lambda c: c in sets["CLEAN"])
    marks = bert(strip_accents=1)
    compare("BERT_MARK", lambda c: alone(c) and gone(marks)(c),
            lambda c: alone(c) and c in sets["BERT_MARK"])
    compare("STRIP", gone(normalizers.StripAccents()),
            lambda c: c in sets["STRIP"])
    split = pre_tokenizers.BertPreTokenizer()
    compare("PUNCT", lambda c: pieces(split, "a%cb" % c) == 3,
            lambda c: c in sets["PUNCT"])
    compare("WHITE", lambda c: pieces(split, "a%cb" % c) == 2,
            lambda c: c in sets["WHITE"])
    digits = pre_tokenizers.Digits(individual_digits=True)
    compare("NUMERIC", lambda c: pieces(digits, "a%cb" % c) == 3,
            lambda c: c in sets["NUMERIC"])
    words = pre_tokenizers.Whitespace()
    compare("WORD", lambda c: pieces(words, "a%cb" % c) == 1,
            lambda c: c in sets["WORD"])
    byte = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
    compare("LETTER", lambda c: pieces(byte, "a%cb" % c) == 1,
            lambda c: c in sets["LETTER"])
    compare("NUMBER", lambda c: pieces(byte, "1%c1" % c) == 1,
            lambda c: c in sets["NUMBER"])
    small = normalizers.Lowercase()
    compare("lower", lambda c: ord(small.normalize_str(chr(c))[0]), lower)
    for form in ("NFD", "NFKD"):
        normal = getattr(normalizers, form)()
        compare(form, lambda c: normal.normalize_str(chr(c)),
                lambda c: chr(c) if c in NOT_DECOMPOSED
                else unicodedata.normalize(form, chr(c)))
    return wrong != 0


if __name__ == "__main__":
    if sys.argv[1:] == ["--check"]:
        sys.exit(check())
    write_all()
