#include "lexical/posting_list.h"

#include <algorithm>

namespace pagevec {
namespace {

constexpr uint8_t kSmallestBits = 4;
constexpr uint8_t kLargestBits = 10;

uint8_t* putVarint(uint8_t* to, uint32_t value) {
  for (; value >= 0x80; value >>= 7) *to++ = static_cast<uint8_t>(value | 0x80);
  *to++ = static_cast<uint8_t>(value);
  return to;
}

}  // namespace

void PostingArena::append(PostingList& list, uint32_t document, uint32_t frequency) {
  // The first document counts from -1, as no difference may be 0.
  const uint32_t difference = list.count == 0 ? document + 1 : document - list.lastDocument;
  uint8_t posting[10];
  uint8_t* end = putVarint(posting, difference << 1 | (frequency == 1));
  if (frequency != 1) end = putVarint(end, frequency);
  const auto size = static_cast<uint32_t>(end - posting);
  const uint32_t room = list.first == 0 ? 0 : list.slice + (1u << list.sizeBits) - list.end;
  if (size > room) {
    if (room > 0) *at(list.end) = 0;
    addSlice(list);
  }
  std::memcpy(at(list.end), posting, size);
  list.end += size;
  list.lastDocument = document;
  ++list.count;
}

void PostingArena::addSlice(PostingList& list) {
  list.sizeBits =
      list.first == 0 ? kSmallestBits : std::min<uint8_t>(kLargestBits, list.sizeBits + 1);
  const uint32_t size = 1u << list.sizeBits;
  if (kPageBytes - used_ < size) {
    pages_.emplace_back(new uint8_t[kPageBytes]);
    used_ = pages_.size() == 1 ? kHeaderBytes : 0;  // no slice has address 0
  }
  const uint32_t slice = static_cast<uint32_t>(pages_.size() - 1) * kPageBytes + used_;
  used_ += size;
  const uint32_t header[2] = {0, list.count == 0 ? UINT32_MAX : list.lastDocument};
  std::memcpy(at(slice), header, sizeof(header));
  if (list.first == 0) {
    list.first = slice;
  } else {
    std::memcpy(at(list.slice), &slice, sizeof(slice));
  }
  list.slice = slice;
  list.end = slice + kHeaderBytes;
}

PostingCursor::PostingCursor(const PostingArena& arena, const PostingList& list)
    : arena_(arena), lastSlice_(list.slice), listEnd_(list.end) {
  if (list.first != 0) enter(list.first, 1u << kSmallestBits);
}

void PostingCursor::enter(uint32_t slice, uint32_t size) {
  slice_ = slice;
  size_ = size;
  document_ = arena_.number(slice + 4);
  const uint8_t* begin = arena_.at(slice);
  at_ = begin + PostingArena::kHeaderBytes;
  end_ = begin + (slice == lastSlice_ ? listEnd_ - slice : size);
}

bool PostingCursor::nextSlice() {
  if (slice_ == lastSlice_) return false;
  enter(arena_.number(slice_), std::min(2 * size_, 1u << kLargestBits));
  return true;
}

bool PostingCursor::seek(uint32_t document) {
  while (document_ < document && slice_ != lastSlice_) {
    if (arena_.number(arena_.number(slice_) + 4) >= document) break;
    nextSlice();
  }
  while (document_ < document) {
    if (!next()) return false;
  }
  return true;
}

}  // namespace pagevec
