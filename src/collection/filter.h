#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "base/row_set.h"
#include "fields/columns.h"
#include "fields/condition.h"
#include "index/codes.h"

namespace pagevec {

struct Record;

/// Which records a read is about: those that meet every condition given. Null: not given.
struct Filter {
  const std::vector<std::string>* ids = nullptr;
  const Where* where = nullptr;
  const WhereDocument* document = nullptr;
  const RegexMatcher* regex = nullptr;  ///< not null if document->usesRegex()

  bool hasConditions() const { return where != nullptr || document != nullptr; }
};

/// Finds the records that meet a filter's conditions (not its ids). Keeps the sets of the last few
/// filters, so that another query with the same filter, as in a search while typing, costs nothing.
class FilterSets final : private MetadataSource {
 public:
  /// records and their rows by slot; live: the slots that hold one. Looked at during calls alone.
  FilterSets(const std::deque<Record>& records, const std::vector<Row>& rowOfSlot,
             const RowSet& live)
      : records_(records), rowOfSlot_(rowOfSlot), live_(live), columns_(*this) {}

  /// The slots of the records that meet the conditions. changes: another number for every other
  /// state of the records. Valid until the next call.
  const RowSet& slots(const Filter& filter, uint64_t changes);
  /// The same as rows of the vector store.
  const RowSet& rows(const Filter& filter, uint64_t changes);

  /// Whether one record meets filter.document, if that is given.
  bool meetsDocument(const Filter& filter, uint32_t slot) const;

  /// A record is there, or has changed.
  void insert(uint32_t slot) { columns_.insert(slot, metadata(slot)); }
  /// A record is about to go, or to change.
  void erase(uint32_t slot) { columns_.erase(slot, metadata(slot)); }
  /// Slots were numbered anew.
  void clear() { columns_.clear(); }

 private:
  struct Entry {
    std::string text;  ///< empty: none
    RowSet slots;
    RowSet rows;  ///< made when first asked for
    bool hasRows = false;
  };

  const Metadata* metadata(uint32_t slot) const override;
  Entry& entry(const Filter& filter, uint64_t changes);
  RowSet match(const Filter& filter);

  const std::deque<Record>& records_;
  const std::vector<Row>& rowOfSlot_;
  const RowSet& live_;
  FieldColumns columns_;
  Entry entries_[4];
  uint32_t oldest_ = 0;   ///< of entries_: the next to be made anew
  uint64_t changes_ = 0;  ///< of the state that entries_ are about
};

}  // namespace pagevec
