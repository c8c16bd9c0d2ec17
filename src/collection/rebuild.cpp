#include "collection/rebuild.h"

#include <algorithm>
#include <utility>

#include "collection/collection.h"
#include "collection/limits.h"

namespace pagevec {
namespace {

// What costs about as much as linking a row, so that slices stay of one length from stage to stage.
constexpr size_t kRowsPerLink = 16;
constexpr size_t kSlotsPerLink = 64;

}  // namespace

void Collection::compact() {
  if (!rebuild_ && store_) rebuild_ = std::make_unique<Rebuild>();
}

// Dead nodes cost speed but no recall: below a half, rebuilding would not win its time back.
bool Collection::rebuildDue() const {
  const size_t dead = deadRows();
  if (rebuild_ || dead <= kMinDeadRows) return false;
  return dead > count() || (hnsw_ != nullptr && hnsw_->erasedShare() > 0.5f);
}

size_t Collection::rebuildBytes() const {
  return store_ ? indexBytes() / std::max<Row>(store_->rows(), 1) * count() : 0;
}

size_t Collection::continueRebuild(size_t maxRows) {
  Rebuild& rebuild = *rebuild_;
  switch (rebuild.stage) {
    case Rebuild::Stage::Records: moveRecords(maxRows * kSlotsPerLink); break;
    case Rebuild::Stage::Rows:
      if (rebuild.newRow.size() < store_->rows()) {
        copyRows(maxRows * kRowsPerLink);
      } else if (linksRows() && rebuild.index->pending() > 0) {
        rebuild.index->link(maxRows);
      } else if (maxRows > 0) {
        switchOver();
      }
      break;
    case Rebuild::Stage::Freeing:
      if (rebuild.index) {
        rebuild.index.reset();
        break;
      }
      rebuild_.reset();
      return pendingRows();
  }
  return rebuildRows();
}

// Never 0, and more than pendingRows().
size_t Collection::rebuildRows() const {
  if (rebuild_->stage == Rebuild::Stage::Freeing) return pendingRows() + 1;
  const size_t copied = rebuild_->stage == Rebuild::Stage::Rows ? rebuild_->index->pending() : 0;
  return store_->rows() - rebuild_->newRow.size() + (linksRows() ? copied : 0) + 1;
}

void Collection::moveRecords(size_t slots) {
  Slot& from = rebuild_->from;
  Slot& to = rebuild_->to;
  const Slot before = to;
  for (; slots > 0 && (from < records_.size() || to < records_.size()); --slots) {
    if (from < records_.size()) {
      if (liveSlots_.contains(from)) moveRecord(from, to++);
      ++from;
    } else {
      records_.pop_back();
      rowOfSlot_.pop_back();
      from = static_cast<Slot>(records_.size());
    }
  }
  if (to != before) {
    filters_.clear();
    ++changes_;
  }
  if (slots == 0) return;
  ids_.shrink();
  beginRows();
}

void Collection::moveRecord(Slot from, Slot to) {
  if (from == to) return;
  ids_.move(from, to);
  rowOfSlot_[to] = rowOfSlot_[from];
  slotOfRow_[rowOfSlot_[to]] = to;
  rowsAreSlots_ = false;
  liveSlots_.erase(from);
  liveSlots_.insert(to);
  records_[to] = std::exchange(records_[from], Record{});
  if (keywords_) keywords_->move(from, to);
}

// Both stores are settled or neither, or rows of one would lack what the other needs. Linking
// settles, so the old one does it first.
void Collection::beginRows() {
  Rebuild& rebuild = *rebuild_;
  if (linksRows()) store_->settle();
  rebuild.stage = Rebuild::Stage::Rows;
  rebuild.index.reset();
  rebuild.store = std::make_shared<VectorStore>(store_->emptyTwin());
  rebuild.index = makeIndex(*rebuild.store, rebuild.hnsw);
  rebuild.rowOfSlot.clear();
  rebuild.slotOfRow.clear();
  rebuild.rowsAreSlots = true;
  rebuild.places = places_.emptyTwin();
  rebuild.newRow.clear();
}

// Rows keep their order, since it decides the order of equal distances.
void Collection::copyRows(size_t count) {
  Rebuild& rebuild = *rebuild_;
  const VectorStore& store = *rebuild.store;
  // A store that was too small has settled since.
  if (store.coded() != store_->coded() || store.keepsFloats() != store_->keepsFloats()) beginRows();
  for (; count > 0 && rebuild.newRow.size() < store_->rows(); --count) {
    const auto old = static_cast<Row>(rebuild.newRow.size());
    const Slot slot = slotOfRow_[old];
    rebuild.newRow.push_back(slot == kNoSlot ? Rebuild::kNoRow : rebuild.store->rows());
    if (slot == kNoSlot) continue;
    const Row row = rebuild.store->appendFrom(*store_, old);
    if (!config_.floatsInHeap) rebuild.places.append(places_.find(old));
    if (rebuild.rowOfSlot.size() <= slot) rebuild.rowOfSlot.resize(slot + 1);
    rebuild.rowOfSlot[slot] = row;
    rebuild.slotOfRow.push_back(slot);
    rebuild.rowsAreSlots = rebuild.rowsAreSlots && row == slot;
    rebuild.index->insert(row);
  }
}

// The row is dead: in the copy too, if it is there.
void Collection::eraseRow(Row row) {
  index_->erase(row);
  slotOfRow_[row] = kNoSlot;
  if (!rebuild_ || row >= rebuild_->newRow.size()) return;
  const Row copy = rebuild_->newRow[row];
  if (copy == Rebuild::kNoRow) return;
  rebuild_->index->erase(copy);
  rebuild_->slotOfRow[copy] = kNoSlot;
}

void Collection::setPlaces(VectorPlaces places) {
  places_ = std::move(places);
  if (!rebuild_) return;
  rebuild_->places = places_.emptyTwin();
  for (Row row = 0; row < rebuild_->newRow.size(); ++row) {
    if (rebuild_->newRow[row] != Rebuild::kNoRow) rebuild_->places.append(places_.find(row));
  }
}

void Collection::switchOver() {
  Rebuild& rebuild = *rebuild_;
  rebuild.rowOfSlot.resize(records_.size());  // the last ones may have died before their turn
  std::swap(store_, rebuild.store);
  std::swap(index_, rebuild.index);
  std::swap(hnsw_, rebuild.hnsw);
  std::swap(rowOfSlot_, rebuild.rowOfSlot);
  std::swap(slotOfRow_, rebuild.slotOfRow);
  std::swap(places_, rebuild.places);
  rowsAreSlots_ = rebuild.rowsAreSlots;
  rebuild.newRow = {};
  rebuild.stage = Rebuild::Stage::Freeing;
  ++changes_;
}

size_t Collection::indexBytes() const {
  if (!store_) return 0;
  return store_->bytes() + (hnsw_ != nullptr ? hnsw_->bytes() : 0);
}

size_t Collection::bytes() const {
  if (!store_) return 0;
  size_t bytes = indexBytes() + ids_.bytes() + records_.size() * sizeof(Record) +
                 (rowOfSlot_.capacity() + slotOfRow_.capacity()) * sizeof(Slot);
  if (rebuild_ && rebuild_->store) bytes += rebuild_->store->bytes();
  if (rebuild_ && rebuild_->index && rebuild_->hnsw != nullptr) bytes += rebuild_->hnsw->bytes();
  liveSlots_.forEach([&](Slot slot) {
    const Record& record = records_[slot];
    bytes += record.id.size() + (record.document ? record.document->size() : 0) +
             (record.metadata ? record.metadata->bytes() : 0);
  });
  return bytes;
}

}  // namespace pagevec
