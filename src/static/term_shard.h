#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/status.h"
#include "lexical/postings.h"

namespace pagevec {

/// Some of an index's terms, all from one to another, with their documents: the part of a static index
/// that a word of a query needs. Form (docs/static.md), for each term in the order of bytes:
///
///   u8 bytes that it has in common with the term before, u8 bytes after these, those bytes
///   varint documents that hold it, then for each, ascending:
///     varint (document - the one before, the first counts from -1) * 2 + (frequency == 1),
///     else varint frequency after it
struct TermShard {
  std::string first;  ///< the first of its terms
  Bytes bytes;
};

/// All terms of an index whose documents were added by ascending slot and not removed; a slot is the
/// document's number in the shards, and a slot without one stays free. A shard ends after a term that its own
/// bytes choose, at about targetBytes: where a text is added, the shards of other terms stay as they
/// are.
std::vector<TermShard> writeTermShards(Postings& postings, size_t targetBytes);

/// Adds the terms of a shard to an index made of the documents' lengths. first: as in TermShard; end: the
/// next shard's, or empty for the last. Corrupt, and nothing is added, for what writeTermShards()
/// does not write: terms out of order or range, documents that there are not or that are shorter.
Status readTermShard(ByteView bytes, std::string_view first, std::string_view end,
                     Postings& postings);

/// The lengths of the documents of such an index by slot: varint count, then for each varint length + 1, or 0 where
/// there is none.
Bytes writeLengths(const Postings& postings);
/// For the constructor of Postings.
Result<std::vector<uint32_t>> readLengths(ByteView bytes);

}  // namespace pagevec
