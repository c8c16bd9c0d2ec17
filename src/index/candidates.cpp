#include "index/candidates.h"

#include <algorithm>
#include <cassert>
#include <limits>

#ifdef __wasm_simd128__
#include <wasm_simd128.h>
#endif

namespace pagevec {
namespace {

// Greater than every entry: as a double, infinity.
constexpr uint64_t kNone = 0x7FF0'0000'0000'0000;

// So few that sorting them by insertion is the fastest way.
constexpr size_t kMergedAtOnce = 32;

uint64_t entryOf(float distance, uint32_t row) {
  assert(row < uint32_t{1} << 30);
  return uint64_t{distanceOrder(distance)} << 31 | row << 1;
}

#ifdef __wasm_simd128__

constexpr bool kHasPairs = true;

// Inserts a pair of entries into count sorted ones, which kNone or what dropped out follows. Returns the
// place of the lesser. To insert x into sorted a is to set each a[i] to the greater of a[i - 1] and the
// lesser of a[i] and x: no search, and no branch that depends on the numbers.
size_t insertPair(uint64_t* entries, size_t count, const uint64_t* pair) {
  const size_t vectors = (count + 3) / 2;
  const v128_t x = wasm_v128_load64_splat(pair);
  const v128_t y = wasm_v128_load64_splat(pair + 1);
  const v128_t lesser = wasm_f64x2_pmin(x, y);
  v128_t before = wasm_i64x2_const_splat(0);
  v128_t beforeWithX = before;
  v128_t less = before;
  for (size_t i = 0; i < vectors; ++i) {
    const v128_t old = wasm_v128_load(entries + 2 * i);
    const v128_t withX =
        wasm_f64x2_pmax(wasm_i64x2_shuffle(before, old, 1, 2), wasm_f64x2_pmin(old, x));
    const v128_t withBoth =
        wasm_f64x2_pmax(wasm_i64x2_shuffle(beforeWithX, withX, 1, 2), wasm_f64x2_pmin(withX, y));
    wasm_v128_store(entries + 2 * i, withBoth);
    less = wasm_i64x2_sub(less, wasm_f64x2_lt(old, lesser));
    before = old;
    beforeWithX = withX;
  }
  return static_cast<size_t>(wasm_i64x2_extract_lane(less, 0) + wasm_i64x2_extract_lane(less, 1));
}

#else

constexpr bool kHasPairs = false;
size_t insertPair(uint64_t*, size_t, const uint64_t*) { return 0; }

#endif

}  // namespace

void Candidates::reset(size_t capacity, size_t mostInPairs) {
  capacity_ = capacity;
  size_ = 0;
  next_ = 0;
  inPairs_ = kHasPairs && capacity <= mostInPairs;
  const size_t room = capacity + kMergedAtOnce;  // or for a pair, in whole vectors
  if (entries_.size() < room) entries_.resize(room);
  if (inPairs_) std::fill_n(entries_.begin(), room, kNone);
}

void Candidates::add(const float* distances, const uint32_t* rows, size_t count) {
  const size_t near = gather(distances, rows, count);
  incoming_[near] = kNone;  // of an odd number the second of the last pair
  const size_t step = inPairs_ ? 2 : kMergedAtOnce;
  for (size_t at = 0; at < near; at += step) {
    const size_t some = std::min(step, near - at);
    const size_t place =
        inPairs_ ? insertPair(entries_.data(), size_, &incoming_[at]) : merge(&incoming_[at], some);
    next_ = std::min(next_, place);
    size_ = std::min(size_ + some, capacity_);
  }
}

// Makes entries of the rows that are nearer than the farthest one of a full list. Without a branch on a
// distance, which nobody could guess: first those that may be (as NaN may), by their distance alone.
size_t Candidates::gather(const float* distances, const uint32_t* rows, size_t count) {
  if (incoming_.size() < count + 1) incoming_.resize(count + 1);
  uint64_t* const incoming = incoming_.data();
  const bool full = size_ == capacity_;
  const float limit =
      full ? orderedDistance(orderAt(size_ - 1)) : std::numeric_limits<float>::infinity();
  size_t maybe = 0;
  for (size_t i = 0; i < count; ++i) {
    incoming[maybe] = i;
    maybe += !(distances[i] > limit);
  }
  const uint64_t farthest = full ? entries_[size_ - 1] : kNone;
  size_t near = 0;
  for (size_t n = 0; n < maybe; ++n) {
    const auto i = static_cast<size_t>(incoming[n]);
    const uint64_t entry = entryOf(distances[i], rows[i]);
    incoming[near] = entry;
    near += entry < farthest;
  }
  return near;
}

// Sorts the new entries and merges them into the others from the end, so that each of these moves once.
// Returns the least place of a new entry.
size_t Candidates::merge(uint64_t* incoming, size_t count) {
  for (size_t i = 1; i < count; ++i) {
    const uint64_t entry = incoming[i];
    size_t place = i;
    for (; place > 0 && incoming[place - 1] > entry; --place) incoming[place] = incoming[place - 1];
    incoming[place] = entry;
  }
  uint64_t* const entries = entries_.data();
  size_t place = size_;
  for (size_t left = count; left-- > 0;) {
    const uint64_t entry = incoming[left];
    for (; place > 0 && entries[place - 1] > entry; --place) {
      entries[place + left] = entries[place - 1];
    }
    entries[place + left] = entry;
  }
  return place;
}

}  // namespace pagevec
