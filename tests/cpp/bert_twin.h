#pragma once

// The BERT tokenizer once more, stage by stage as the reference composes it and with no thought for
// speed: the fast one must agree with it on every text. Both read the tables of text/unicode.h.

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/utf8.h"
#include "text/tokenizer.h"
#include "text/unicode.h"

namespace pagevec::testing {

/// A small vocabulary that reaches every rule: several scripts, nested pieces, all special tokens.
inline const char* const kSmallVocabulary =
    "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\nb\nab\nabc\n##a\n##b\n##bc\n##abc\n##aab\nun\n##aff\n"
    "##able\naffable\ni\ne\n##e\n##i\n[\n]\n.\n,\n=\n;\n`\n<\ncls\nsep\n\u4e00\n\u8c48\n##\u8c48\n"
    "\u1100\n##\u1161\n##\u11a8\n\u03b1\n##\u03c3\n##\u03c2\n\u304b\n\u302e\n##\u302e\n"
    "\U0001d157\n##\U0001d165\n##\U0001d16e\n\u00df\n##\u00e9\n\u00e9\nA\n##B\n\U0001f600\n"
    "##\U0001f600\n#\n##\n1\n##2\n";

/// Bytes to a text that meets the rules often: most values stand for one of the chosen pieces.
inline std::string textFromBytes(std::string_view bytes) {
  static constexpr std::array<std::string_view, 64> kPieces = {
      "a",          "b",
      "c",          "ab",
      "A",          "B",
      "i",          "e",
      "un",         "aff",
      "able",       " ",
      " ",          "\t",
      "\n",         ".",
      "[",          "]",
      "[SEP]",      "[CLS]",
      "[MASK]",     "[sep]",
      "##",         "1",
      "2",          std::string_view("\0", 1),
      "\x7f",       "\xc2\x85",
      "\u00a0",     "\u00ad",
      "\u200b",     "\ufffd",
      "\u00e9",     "\u00c9",
      "\u0130",     "\u00df",
      "\u03a3",     "\u0391",
      "\u2260",     "\u037e",
      "\u1fef",     "\u4e00",
      "\uf900",     "\U0002f800",
      "\uac01",     "\u1100",
      "\u304c",     "\u0301",
      "\u0323",     "\u0334",
      "\u0345",     "\u034f",
      "\u0344",     "\u0f73",
      "\u302e",     "\u302f",
      "\U0001d165", "\U0001d15e",
      "\U0001d160", "\U0001f600",
      "\xc3",       "\xe4\xb8",
      "\xf0\x9f",   "\xed\xa0\x80"};
  std::string text;
  for (const char byte : bytes) {
    const uint8_t value = static_cast<uint8_t>(byte);
    if (value < 192) {
      text += kPieces[value % kPieces.size()];
    } else {
      text += byte;
    }
  }
  return text;
}

class BertTwin {
 public:
  BertTwin(std::string_view vocabulary, bool lowercase) : lowercase_(lowercase) {
    for (int32_t id = 0; !vocabulary.empty(); ++id) {
      const size_t newline = vocabulary.find('\n');
      ids_[std::string(vocabulary.substr(0, newline))] = id;
      vocabulary.remove_prefix(newline == vocabulary.npos ? vocabulary.size() : newline + 1);
    }
  }

  Encoding encode(std::string_view text) const {
    Encoding out;
    emit(out, "[CLS]", 0, 0);
    Chars segment;
    uint32_t position = 0;
    for (size_t offset = 0; offset < text.size(); ++position) {
      if (const std::string_view special = specialAt(text.substr(offset)); !special.empty()) {
        encodeSegment(std::move(segment), out);
        segment.clear();
        const uint32_t length = static_cast<uint32_t>(special.size());
        emit(out, special, position, position + length);
        offset += length;
        position += length - 1;
        continue;
      }
      const DecodedCodePoint decoded = decodeUtf8(text, offset);
      segment.push_back({decoded.codePoint, position});
      offset += decoded.bytes;
    }
    encodeSegment(std::move(segment), out);
    emit(out, "[SEP]", 0, 0);
    return out;
  }

 private:
  struct Char {
    char32_t c;
    uint32_t source;
    uint8_t order = 0;
    bool inserted = false;
    bool dropped = false;
  };
  using Chars = std::vector<Char>;

  static std::string_view specialAt(std::string_view text) {
    for (std::string_view special : {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"}) {
      if (text.starts_with(special)) return special;
    }
    return {};
  }

  void encodeSegment(Chars chars, Encoding& out) const {
    chars = padIdeographs(clean(std::move(chars)));
    if (lowercase_) chars = dropMarks(order(decompose(chars)));
    for (const Chars& word : split(chars)) encodeWord(word, out);
  }

  static Chars clean(Chars chars) {
    std::erase_if(chars, [](const Char& x) { return charClass(x.c) == CharClass::Removed; });
    for (Char& x : chars) x.c = charClass(x.c) == CharClass::Space ? U' ' : x.c;
    return chars;
  }

  static Chars padIdeographs(const Chars& chars) {
    Chars padded;
    for (const Char& x : chars) {
      const CharClass kind = charClass(x.c);
      if (kind != CharClass::Cjk && kind != CharClass::CjkMapped) {
        padded.push_back(x);
        continue;
      }
      for (char32_t c : {U' ', x.c, U' '}) padded.push_back({c, x.source});
    }
    return padded;
  }

  static Chars decompose(const Chars& chars) {
    Chars parts;
    for (const Char& x : chars) {
      const CharClass kind = charClass(x.c);
      if (kind == CharClass::Mark || kind == CharClass::Survivor) {
        parts.push_back({x.c, x.source, combiningClass(x.c), false, kind == CharClass::Mark});
        continue;
      }
      const Mapping mapping = bertMapping(x.c);
      for (uint8_t i = 0; i < mapping.size; ++i) {
        const char32_t c = mapping.codePoints[i];
        parts.push_back({c, x.source, combiningClass(c), i > 0});
      }
    }
    return parts;
  }

  /// Exchanges neighbours until none is out of order; then the n-th character that was not inserted
  /// takes the n-th place of the text, as the reference's alignments do.
  static Chars order(Chars chars) {
    std::vector<uint32_t> places;
    for (const Char& x : chars) {
      if (!x.inserted) places.push_back(x.source);
    }
    for (size_t i = 1; i < chars.size(); ++i) {
      for (size_t j = i; j > 0 && chars[j].order > 0 && chars[j - 1].order > chars[j].order; --j) {
        std::swap(chars[j - 1], chars[j]);
      }
    }
    size_t next = 0;
    for (Char& x : chars) x.source = x.inserted ? places[next - 1] : places[next++];
    return chars;
  }

  static Chars dropMarks(Chars chars) {
    std::erase_if(chars, [](const Char& x) { return x.dropped; });
    return chars;
  }

  static std::vector<Chars> split(const Chars& chars) {
    std::vector<Chars> words(1);
    for (const Char& x : chars) {
      const CharClass kind = charClass(x.c);
      const bool punctuation =
          kind == CharClass::Punctuation || kind == CharClass::PunctuationMapped;
      if (kind == CharClass::Space) {
        words.emplace_back();
      } else if (punctuation) {
        words.push_back({x});
        words.emplace_back();
      } else {
        words.back().push_back(x);
      }
    }
    std::erase_if(words, [](const Chars& word) { return word.empty(); });
    return words;
  }

  void encodeWord(const Chars& word, Encoding& out) const {
    Encoding pieces;
    size_t begin = 0;
    while (word.size() <= 100 && begin < word.size()) {
      size_t end = word.size();
      while (end > begin && !ids_.contains(piece(word, begin, end))) --end;
      if (end == begin) break;
      emit(pieces, piece(word, begin, end), word[begin].source, word[end - 1].source + 1);
      begin = end;
    }
    if (begin < word.size()) {
      emit(out, "[UNK]", word.front().source, word.back().source + 1);
      return;
    }
    out.ids.insert(out.ids.end(), pieces.ids.begin(), pieces.ids.end());
    out.offsets.insert(out.offsets.end(), pieces.offsets.begin(), pieces.offsets.end());
  }

  static std::string piece(const Chars& word, size_t begin, size_t end) {
    std::string text = begin > 0 ? "##" : "";
    for (size_t i = begin; i < end; ++i) appendUtf8(text, word[i].c);
    return text;
  }

  void emit(Encoding& out, std::string_view token, uint32_t begin, uint32_t end) const {
    out.ids.push_back(ids_.at(std::string(token)));
    out.offsets.push_back({begin, end});
  }

  bool lowercase_;
  std::unordered_map<std::string, int32_t> ids_;
};

}  // namespace pagevec::testing
