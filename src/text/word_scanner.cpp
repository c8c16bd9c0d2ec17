#include "text/word_scanner.h"

#include <algorithm>
#include <utility>

namespace pagevec {
namespace {

// An ASCII letter or digit is Keep or, when the model lower-cases it, Mapped.
bool isWordClass(uint8_t asciiClass) {
  return asciiClass == static_cast<uint8_t>(CharClass::Keep) ||
         asciiClass == static_cast<uint8_t>(CharClass::Mapped);
}

constexpr std::array<CharClass, kCharClasses> casedClasses() {
  std::array<CharClass, kCharClasses> classes{};  // Keep
  for (CharClass same :
       {CharClass::Removed, CharClass::Space, CharClass::Punctuation, CharClass::Cjk}) {
    classes[static_cast<size_t>(same)] = same;
  }
  classes[static_cast<size_t>(CharClass::CjkMapped)] = CharClass::Cjk;
  classes[static_cast<size_t>(CharClass::PunctuationMapped)] = CharClass::Punctuation;
  return classes;
}

}  // namespace

ScanRules::ScanRules(bool lowercase) : effective(casedClasses()) {
  if (lowercase) {
    for (size_t i = 0; i < effective.size(); ++i) effective[i] = static_cast<CharClass>(i);
  }
  asciiClass.fill(kNotAscii);
  for (size_t byte = 0; byte < fold.size(); ++byte) {
    fold[byte] = static_cast<uint8_t>(byte);
    if (byte >= 0x80) continue;
    const CharClass kind = classOf(static_cast<char32_t>(byte));
    asciiClass[byte] = static_cast<uint8_t>(kind);
    if (kind == CharClass::Mapped) {
      fold[byte] = static_cast<uint8_t>(bertMapping(static_cast<char32_t>(byte)).codePoints[0]);
    }
  }
}

bool WordScanner::more() {
  while (offset_ < text_.size()) {
    const uint8_t ascii = rules_.asciiClass[byteAt(offset_)];
    if (ascii == static_cast<uint8_t>(CharClass::Space) ||
        ascii == static_cast<uint8_t>(CharClass::Removed)) {
      advance({0, 1});
      continue;
    }
    if (ascii != ScanRules::kNotAscii) return true;
    const DecodedCodePoint decoded = decodeUtf8(text_, offset_);
    switch (rules_.classOf(decoded.codePoint)) {
      case CharClass::Space:
      case CharClass::Removed: advance(decoded); break;
      case CharClass::Mark:
        if (!skipMarks()) return true;
        break;
      default: return true;
    }
  }
  return false;
}

void WordScanner::read(Word& word) {
  word.sources = nullptr;
  word.begin = position_;
  word.special = -1;
  word.tooLong = false;
  if (readSpecial(word) || readAscii(word)) return;
  readNormalized(word);
}

bool WordScanner::readSpecial(Word& word) {
  if (text_[offset_] != '[') return false;
  for (const SpecialToken& special : rules_.specials) {
    if (text_.substr(offset_, special.content.size()) != special.content) continue;
    offset_ += special.content.size();
    position_ += static_cast<uint32_t>(special.content.size());
    word.bytes = {};
    word.end = position_;
    word.special = special.id;
    return true;
  }
  return false;
}

// A word of ASCII only is not copied: byte i is code point begin + i. Gives up when what follows
// may still belong to the word (not ASCII) or vanish within it (a control character).
bool WordScanner::readAscii(Word& word) {
  size_t end = offset_;
  if (asciiClassAt(end) == CharClass::Punctuation) {
    ++end;
  } else {
    while (end < text_.size() && isWordClass(rules_.asciiClass[byteAt(end)])) ++end;
    if (end == offset_) return false;
    if (end < text_.size() && asciiClassAt(end) != CharClass::Space &&
        asciiClassAt(end) != CharClass::Punctuation) {
      return false;
    }
  }
  word.bytes = text_.substr(offset_, end - offset_);
  word.tooLong = word.bytes.size() > kMaxWordCodePoints;
  position_ += static_cast<uint32_t>(end - offset_);
  offset_ = end;
  word.end = position_;
  return true;
}

void WordScanner::readNormalized(Word& word) {
  codePoints_ = 0;
  bytes_.clear();
  sources_.clear();
  while (offset_ < text_.size()) {
    const DecodedCodePoint decoded = decodeUtf8(text_, offset_);
    if (!readCodePoint(decoded, rules_.classOf(decoded.codePoint))) break;
  }
  word.bytes = bytes_;
  word.sources = sources_.data();
  word.begin = firstSource_;
  word.end = lastSource_ + 1;
  word.tooLong = codePoints_ > kMaxWordCodePoints;
}

// False when the word is complete.
bool WordScanner::readCodePoint(const DecodedCodePoint& decoded, CharClass charClass) {
  switch (charClass) {
    case CharClass::Space: return false;
    case CharClass::Removed: break;
    case CharClass::Keep: append(decoded.codePoint, position_); break;
    case CharClass::Mapped:
    case CharClass::Hangul: appendMapping(decoded.codePoint); break;
    case CharClass::Punctuation:
    case CharClass::Cjk:
      if (codePoints_ > 0) return false;
      append(decoded.codePoint, position_);
      advance(decoded);
      return false;
    case CharClass::CjkMapped:
    case CharClass::PunctuationMapped:
    case CharClass::BecomesPunctuation:
      if (codePoints_ > 0) return false;
      appendMapping(decoded.codePoint);
      advance(decoded);
      return false;
    case CharClass::Mark:
    case CharClass::Survivor:
      if (!skipMarks()) readMarks({});
      return true;
    case CharClass::SurvivorMapped: readSurvivorMapped(decoded); return true;
  }
  advance(decoded);
  return true;
}

void WordScanner::appendMapping(char32_t c) {
  const Mapping mapping = bertMapping(c);
  for (uint8_t i = 0; i < mapping.size; ++i) append(mapping.codePoints[i], position_);
}

void WordScanner::readSurvivorMapped(const DecodedCodePoint& decoded) {
  const Mapping mapping = bertMapping(decoded.codePoint);
  append(mapping.codePoints[0], position_);
  std::vector<RunItem> run;
  for (uint8_t i = 1; i < mapping.size; ++i) {
    const char32_t c = mapping.codePoints[i];
    run.push_back({c, combiningClass(c), true, position_});
  }
  advance(decoded);
  readMarks(std::move(run));
}

// Skips a run of marks that are all dropped, the usual case. False, and nothing is skipped, when
// one of them stays: then the order of the run matters.
bool WordScanner::skipMarks() {
  size_t offset = offset_;
  uint32_t position = position_;
  while (offset < text_.size()) {
    const DecodedCodePoint decoded = decodeUtf8(text_, offset);
    const CharClass kind = rules_.classOf(decoded.codePoint);
    if (kind == CharClass::Survivor) return false;
    if (kind != CharClass::Mark && kind != CharClass::Removed) break;
    offset += decoded.bytes;
    ++position;
  }
  offset_ = offset;
  position_ = position;
  return true;
}

// Reads the marks from here to the next starter and appends those that stay in canonical order
// (Unicode standard, definition D109). run: marks that a decomposition already gave.
void WordScanner::readMarks(std::vector<RunItem> run) {
  while (offset_ < text_.size()) {
    const DecodedCodePoint decoded = decodeUtf8(text_, offset_);
    const CharClass kind = rules_.classOf(decoded.codePoint);
    if (kind != CharClass::Mark && kind != CharClass::Survivor && kind != CharClass::Removed) break;
    if (kind != CharClass::Removed) {
      const uint8_t order = combiningClass(decoded.codePoint);
      if (order == 0) {
        appendRun(run);  // a dropped starter such as U+034F
      } else {
        run.push_back({kind == CharClass::Mark ? 0 : decoded.codePoint, order, false, position_});
      }
    }
    advance(decoded);
  }
  appendRun(run);
}

// The reference's alignment follows places, not characters: after the marks are put in order, the
// n-th one that stands for itself counts as the n-th of the text, and an inserted one shares the
// place before it.
void WordScanner::appendRun(std::vector<RunItem>& run) {
  std::vector<uint32_t> places;
  for (const RunItem& item : run) {
    if (!item.inserted) places.push_back(item.source);
  }
  std::stable_sort(run.begin(), run.end(), [](const RunItem& a, const RunItem& b) {
    return a.combiningClass < b.combiningClass;
  });
  uint32_t place = lastSource_;
  size_t next = 0;
  for (const RunItem& item : run) {
    if (!item.inserted) place = places[next++];
    if (item.codePoint != 0) append(item.codePoint, place);
  }
  run.clear();
}

void WordScanner::append(char32_t c, uint32_t source) {
  if (codePoints_++ == 0) firstSource_ = source;
  lastSource_ = source;
  if (codePoints_ > kMaxWordCodePoints) return;
  appendUtf8(bytes_, c);
  sources_.resize(bytes_.size(), source);
}

}  // namespace pagevec
