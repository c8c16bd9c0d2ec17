#include "text/byte_pairs.h"

#include <algorithm>
#include <bit>
#include <functional>
#include <string>

namespace pagevec {
namespace {

constexpr size_t kMaxMerges = size_t{1} << 20;
constexpr uint32_t kNone = 0xFFFFFFFF;
constexpr uint64_t kNoPair = ~uint64_t{0};

uint64_t pairOf(int32_t left, int32_t right) {
  return uint64_t{static_cast<uint32_t>(left)} << 32 | static_cast<uint32_t>(right);
}

// A piece while its word is split, linked to its neighbours; one that was merged into its left
// neighbour has id -1.
struct Node {
  int32_t id;
  uint32_t begin;
  uint32_t end;
  uint32_t previous;
  uint32_t next;
};

// A merge that can be done at a node. The heap gives the one learned first, of those the leftmost.
struct Candidate {
  uint32_t rank;
  uint32_t at;
  int32_t id;
  bool operator>(const Candidate& other) const {
    return rank != other.rank ? rank > other.rank : at > other.at;
  }
};

}  // namespace

Result<BytePairs> BytePairs::make(const BytePairModel& model) {
  if (model.merges.size() > kMaxMerges) {
    return Status(StatusCode::LimitExceeded, "the tokenizer has " +
                                                 std::to_string(model.merges.size()) +
                                                 " merges; at most 2^20 are taken");
  }
  const auto isToken = [&](int32_t id) { return static_cast<uint32_t>(id) < model.size; };
  bool ok = std::all_of(model.inner.begin(), model.inner.end(), isToken) &&
            std::all_of(model.last.begin(), model.last.end(), isToken);
  BytePairs pairs;
  pairs.inner_ = model.inner;
  pairs.last_ = model.last;
  pairs.merges_.resize(std::bit_ceil(2 * (model.merges.size() + 1)), Merge{kNoPair, 0, 0});
  for (uint32_t rank = 0; rank < model.merges.size(); ++rank) {
    const auto [left, right, merged] = model.merges[rank];
    ok = ok && isToken(left) && isToken(right) && isToken(merged);
    if (!ok) break;
    const uint64_t pair = pairOf(left, right);
    Merge& place = pairs.merges_[pairs.placeOf(pair)];
    if (place.pair != pair) place = {pair, rank, merged};
  }
  if (ok) return pairs;
  return Status(StatusCode::InvalidArgument,
                "the tokenizer names an id that is not below " + std::to_string(model.size) +
                    "; give the vocabulary and the merges of one model");
}

size_t BytePairs::placeOf(uint64_t pair) const {
  // Fibonacci hashing; at most half of the places are taken, so a free one ends the search.
  const size_t last = merges_.size() - 1;
  size_t at = (pair * 0x9E3779B97F4A7C15) >> 32 & last;
  while (merges_[at].pair != pair && merges_[at].pair != kNoPair) at = (at + 1) & last;
  return at;
}

const BytePairs::Merge* BytePairs::find(int32_t left, int32_t right) const {
  const uint64_t pair = pairOf(left, right);
  const Merge& merge = merges_[placeOf(pair)];
  return merge.pair == pair ? &merge : nullptr;
}

void BytePairs::split(std::span<const uint8_t> word, std::vector<BytePiece>& out) const {
  out.clear();
  const auto size = static_cast<uint32_t>(word.size());
  std::vector<Node> nodes;
  for (uint32_t i = 0; i < size; ++i) {
    const bool isLast = i + 1 == size;
    const int32_t id = isLast ? last_[word[i]] : inner_[word[i]];
    nodes.push_back({id, i, i + 1, i == 0 ? kNone : i - 1, isLast ? kNone : i + 1});
  }
  std::vector<Candidate> heap;
  const auto consider = [&](uint32_t at) {
    if (at == kNone || nodes[at].next == kNone) return;
    const Merge* merge = find(nodes[at].id, nodes[nodes[at].next].id);
    if (merge == nullptr) return;
    heap.push_back({merge->rank, at, merge->id});
    std::push_heap(heap.begin(), heap.end(), std::greater());
  };
  for (uint32_t i = 0; i < size; ++i) consider(i);
  while (!heap.empty()) {
    const Candidate best = heap.front();
    std::pop_heap(heap.begin(), heap.end(), std::greater());
    heap.pop_back();
    Node& left = nodes[best.at];
    if (left.id < 0 || left.next == kNone) continue;
    Node& right = nodes[left.next];
    // Either may have become another piece since.
    const Merge* merge = find(left.id, right.id);
    if (merge == nullptr || merge->rank != best.rank) continue;
    left.id = best.id;
    left.end = right.end;
    left.next = right.next;
    right.id = -1;
    if (left.next != kNone) nodes[left.next].previous = best.at;
    consider(left.previous);
    consider(best.at);
  }
  for (uint32_t at = 0; at != kNone; at = nodes[at].next) {
    out.push_back({nodes[at].id, nodes[at].begin, nodes[at].end});
  }
}

}  // namespace pagevec
