#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <utility>
#include <vector>

namespace pagevec {

/// Where a term's postings are. Plain data of a PostingArena.
struct PostingList {
  uint32_t first = 0;  ///< address of the first slice; 0: the list is empty
  uint32_t slice = 0;  ///< of the slice that is being filled
  uint32_t end = 0;    ///< where the next posting goes
  uint32_t lastDocument = 0;
  uint32_t live = 0;     ///< postings of documents that were not removed: the owner counts
  uint32_t count = 0;    ///< postings, also of removed documents
  uint8_t sizeBits = 0;  ///< log2 of the size of the slice that is being filled
};

/// Memory for many growing lists of postings (document, frequency), documents ascending. A list is a
/// chain of slices that double from 16 to 1,024 bytes, so that a rare term takes 16 bytes and a walk
/// can pass over the slices it does not need. Form of a slice, numbers little-endian:
///
///   u32 address of the next slice or 0, u32 last document before this slice, then postings:
///   varint (document - the one before) * 2 + (frequency == 1), else varint frequency after it;
///   a byte 0 ends a slice that has room left
class PostingArena {
 public:
  static constexpr uint32_t kHeaderBytes = 8;

  /// document must be above list.lastDocument, but for the first posting; frequency at least 1.
  void append(PostingList& list, uint32_t document, uint32_t frequency);

  const uint8_t* at(uint32_t address) const {
    return pages_[address / kPageBytes].get() + address % kPageBytes;
  }
  uint32_t number(uint32_t address) const {
    uint32_t value;
    std::memcpy(&value, at(address), sizeof(value));
    return value;
  }
  size_t bytes() const { return pages_.size() * kPageBytes; }

 private:
  static constexpr uint32_t kPageBytes = 1 << 15;

  uint8_t* at(uint32_t address) { return const_cast<uint8_t*>(std::as_const(*this).at(address)); }
  void addSlice(PostingList& list);

  std::vector<std::unique_ptr<uint8_t[]>> pages_;
  uint32_t used_ = kPageBytes;  // of the last page
};

/// A walk through one list. Valid until the next append() to it.
class PostingCursor {
 public:
  PostingCursor(const PostingArena& arena, const PostingList& list);

  /// Goes to the next posting; false at the end.
  bool next() {
    if ((at_ == end_ || *at_ == 0) && !nextSlice()) return false;
    const uint32_t code = varint();
    document_ += code >> 1;
    frequency_ = code & 1 ? 1 : varint();
    return true;
  }

  /// Goes to the first posting of this document or a later one, unless it is there; false at the
  /// end. Not before the first next().
  bool seek(uint32_t document);

  uint32_t document() const { return document_; }
  uint32_t frequency() const { return frequency_; }

 private:
  uint32_t varint() {
    uint32_t value = *at_++;
    if (value < 0x80) return value;
    value &= 0x7F;
    for (int shift = 7;; shift += 7) {
      const uint8_t byte = *at_++;
      value |= static_cast<uint32_t>(byte & 0x7F) << shift;
      if (byte < 0x80) return value;
    }
  }
  void enter(uint32_t slice, uint32_t size);
  bool nextSlice();

  const PostingArena& arena_;
  uint32_t lastSlice_;
  uint32_t listEnd_;
  uint32_t slice_ = 0;
  uint32_t size_ = 0;
  const uint8_t* at_ = nullptr;
  const uint8_t* end_ = nullptr;
  uint32_t document_ = 0;
  uint32_t frequency_ = 0;
};

}  // namespace pagevec
