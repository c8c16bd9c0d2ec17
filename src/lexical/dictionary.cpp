#include "lexical/dictionary.h"

#include <algorithm>
#include <utility>

namespace pagevec {
namespace {

// FNV-1a, and a last mixing step, since only its low bits are used.
uint32_t hash(std::string_view term) {
  uint32_t value = 2166136261u;
  for (const char c : term) value = (value ^ static_cast<uint8_t>(c)) * 16777619u;
  return value ^ value >> 15;
}

}  // namespace

size_t Dictionary::hashSlot(std::string_view term) const {
  const size_t mask = table_.size() - 1;
  size_t slot = hash(term) & mask;
  while (table_[slot] != 0 && text(table_[slot] - 1) != term) slot = (slot + 1) & mask;
  return slot;
}

TermId Dictionary::find(std::string_view term) const {
  return table_.empty() ? kNoTerm : table_[hashSlot(term)] - 1;
}

TermId Dictionary::add(std::string_view term) {
  if (2 * size() >= table_.size()) growTable();
  uint32_t& entry = table_[hashSlot(term)];
  if (entry != 0) return entry - 1;
  text_.append(term);
  ends_.push_back(static_cast<uint32_t>(text_.size()));
  entry = static_cast<uint32_t>(size());
  return entry - 1;
}

void Dictionary::growTable() {
  table_.assign(std::max<size_t>(64, 2 * table_.size()), 0);
  for (TermId term = 0; term < size(); ++term) table_[hashSlot(text(term))] = term + 1;
}

void Dictionary::sort() {
  const size_t before = sorted_.size();
  if (before == size()) return;
  const auto less = [this](TermId a, TermId b) { return text(a) < text(b); };
  std::vector<TermId> fresh;
  for (size_t term = before; term < size(); ++term) fresh.push_back(static_cast<TermId>(term));
  std::sort(fresh.begin(), fresh.end(), less);
  std::vector<TermId> all(size());
  std::merge(sorted_.begin(), sorted_.end(), fresh.begin(), fresh.end(), all.begin(), less);
  sorted_ = std::move(all);
}

// The first place from a place on whose term is not less than bytes.
size_t Dictionary::firstFrom(std::string_view bytes, size_t from) const {
  const auto found =
      std::lower_bound(sorted_.begin() + static_cast<ptrdiff_t>(from), sorted_.end(), bytes,
                       [this](TermId term, std::string_view value) { return text(term) < value; });
  return static_cast<size_t>(found - sorted_.begin());
}

// The first place from a place on whose term does not begin with prefix, where those that do come
// first: by steps of doubling length, since they are few mostly.
size_t Dictionary::skipPrefix(std::string_view prefix, size_t from) const {
  const auto has = [&](TermId term) { return text(term).starts_with(prefix); };
  size_t step = 1;
  while (from + step <= size() && has(sorted_[from + step - 1])) step *= 2;
  const auto first = sorted_.begin() + static_cast<ptrdiff_t>(from + step / 2);
  const auto last = sorted_.begin() + static_cast<ptrdiff_t>(std::min(from + step - 1, size()));
  return static_cast<size_t>(std::partition_point(first, last, has) - sorted_.begin());
}

std::span<const TermId> Dictionary::withPrefix(std::string_view prefix) {
  sort();
  const size_t begin = firstFrom(prefix, 0);
  return std::span(sorted_).subspan(begin, skipPrefix(prefix, begin) - begin);
}

size_t Dictionary::bytes() const {
  return text_.capacity() + 4 * (ends_.capacity() + table_.capacity() + sorted_.capacity());
}

}  // namespace pagevec
