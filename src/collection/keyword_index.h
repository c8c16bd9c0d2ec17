#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "lexical/bm25.h"

namespace pagevec {

struct Record;

/// The keyword index over the documents of a collection. It is made in slices, from the first slot
/// to the last, and follows the writes from its first slice on.
class KeywordIndex {
 public:
  /// records by slot; looked at during calls alone.
  explicit KeywordIndex(const std::deque<Record>& records) : records_(records) {}

  /// Slots that are not read yet.
  size_t pending() const;
  /// Reads up to maxRecords slots. Returns pending() after.
  size_t build(size_t maxRecords);

  /// A record is there, or has changed.
  void insert(uint32_t slot);
  /// A record is about to go, or to change.
  void erase(uint32_t slot);
  /// A record has moved to a lower slot, which was empty.
  void move(uint32_t from, uint32_t to);

  Postings& postings() { return postings_; }
  Bm25& bm25() { return bm25_; }

 private:
  const std::deque<Record>& records_;
  Postings postings_;
  Bm25 bm25_{postings_};
  uint32_t end_ = 0;  // slots before it are read
};

}  // namespace pagevec
