#include "text/pair.h"

#include <algorithm>

namespace pagevec {
namespace {

constexpr size_t kSpecialTokens = 3;

/// How many of the longer text's tokens stay, and of the shorter's, which may be cut too.
struct Room {
  size_t shorter;
  size_t longer;
};

Room roomFor(size_t shorter, size_t budget) {
  if (shorter <= budget / 2) return {shorter, budget - shorter};
  return {budget / 2, budget - budget / 2};
}

}  // namespace

void joinPair(const Encoding& first, const Encoding& second, size_t maxTokens, PairEncoding& out) {
  size_t a = first.ids.size() - 2;
  size_t b = second.ids.size() - 2;
  const size_t budget = maxTokens - kSpecialTokens;
  out.truncated = a + b > budget;
  if (out.truncated) {
    const Room room = roomFor(std::min(a, b), budget);
    const bool firstIsLonger = a > b;
    a = firstIsLonger ? room.longer : room.shorter;
    b = firstIsLonger ? room.shorter : room.longer;
  }
  const auto append = [&](const Encoding& text, size_t begin, size_t end) {
    out.ids.insert(out.ids.end(), text.ids.begin() + static_cast<ptrdiff_t>(begin),
                   text.ids.begin() + static_cast<ptrdiff_t>(end));
  };
  out.ids.clear();
  append(first, 0, a + 1);
  out.ids.push_back(first.ids.back());
  out.secondBegin = static_cast<uint32_t>(out.ids.size());
  append(second, 1, b + 1);
  out.ids.push_back(second.ids.back());
}

}  // namespace pagevec
