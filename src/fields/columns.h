#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/row_set.h"
#include "fields/condition.h"
#include "fields/metadata.h"

namespace pagevec {

/// Where the columns read the metadata of records when a key is first asked for.
class MetadataSource {
 public:
  virtual ~MetadataSource() = default;
  /// The metadata of the record in slot; null when it has none.
  virtual const Metadata* metadata(uint32_t slot) const = 0;
};

/// The metadata of records by key and value, for `where`. A key gets its column when a condition
/// first names it: a collection that is never filtered holds none. A column takes 8 bytes a slot if
/// the key has numbers, and for every other value 4 bytes a record or one bit a slot, whichever is
/// less. At most 64 keys have columns; the oldest makes room.
class FieldColumns {
 public:
  explicit FieldColumns(const MetadataSource& source);
  ~FieldColumns();

  /// The slots of live whose records meet the condition. live: every slot with a record.
  RowSet match(const Where& where, const RowSet& live);

  /// A record is there, or has changed. metadata may be null.
  void insert(uint32_t slot, const Metadata* metadata);
  /// A record is about to go, or to change: metadata as insert() had it.
  void erase(uint32_t slot, const Metadata* metadata);
  /// Forgets everything, e.g. because slots were numbered anew.
  void clear();

 private:
  class Column;

  RowSet match(const Condition& condition, const RowSet& candidates);
  const Column& column(const std::string& key);
  void note(uint32_t slot, const Metadata* metadata, bool there);

  const MetadataSource& source_;
  const RowSet* live_ = nullptr;  ///< during match()
  std::vector<std::unique_ptr<Column>> columns_;
};

}  // namespace pagevec
