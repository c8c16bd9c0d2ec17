#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/status.h"
#include "collection/batch.h"
#include "collection/filter.h"
#include "collection/id_table.h"
#include "collection/keyword_index.h"
#include "collection/rebuild.h"
#include "collection/search.h"
#include "collection/vector_places.h"
#include "index/hnsw_index.h"
#include "index/index.h"
#include "index/projection.h"

namespace pagevec {

enum class IndexKind : uint8_t {
  Auto = 0,  ///< flat up to a measured number of rows, HNSW above
  Flat = 1,
  Hnsw = 2,
};

struct CollectionConfig {
  Space space = Space::L2;
  IndexKind index = IndexKind::Auto;
  uint32_t maxNeighbors = 16;
  uint32_t efConstruction = 100;
  uint32_t efSearch = 100;
  Quantization quantization = Quantization::Int8;
  /// The floats can be had again, from the heap or from storage.
  bool keepVectors = true;
  /// The best by codes are compared again, by floats or 16-bit values: more memory, more recall.
  bool rescore = true;
  /// The floats are in the heap, if they are kept at all, since nothing else keeps them. Not stored.
  bool floatsInHeap = true;

  StoreOptions storeOptions() const;
};

/// A record's place: slots are numbered in insertion order. A deleted slot is never used again
/// until compaction.
using Slot = uint32_t;
constexpr Slot kNoSlot = 0xFFFFFFFF;

/// A record as the collection holds it.
struct Record {
  std::string id;
  std::optional<std::string> document;
  std::optional<Metadata> metadata;
};

/// Everything a collection is made of besides its config: what a snapshot brings back.
struct CollectionContent {
  uint64_t lastSequence = 0;
  std::unique_ptr<VectorStore> vectors;  ///< null until the first vector
  VectorPlaces places;                   ///< of the vectors, where the floats leave the heap
  std::deque<Record> records;            ///< in insertion order
  std::vector<Row> rows;                 ///< where the vector of each record is
  HnswGraph graph;                       ///< the linked rows; empty when nothing is linked
  bool hasDeadRows = false;              ///< rows without a record that are no way points either
};

/// A record as get() and query() show it. Views are valid until the next write.
struct RecordView {
  const std::string* id;
  const std::optional<std::string>* document;
  const std::optional<Metadata>* metadata;
  std::span<const float> embedding;  ///< empty where the heap does not hold the floats
  Row row;
};

struct Hit {
  float distance;
  Slot slot;
};

/// Ids, documents, metadata and vectors as one thing, with Chroma's rules:
/// add ignores ids that exist; upsert replaces embedding and document (a document that is not given
/// stays) and merges metadata; update ignores unknown ids and changes only what is given; delete
/// ignores unknown ids; reads are in insertion order, which an upsert or update does not change.
class Collection {
 public:
  Collection(const Collection&) = delete;
  Collection& operator=(const Collection&) = delete;

  /// InvalidArgument for a config value out of range, naming it.
  static Result<std::unique_ptr<Collection>> make(const CollectionConfig& config);

  /// A collection of stored content. Corrupt, saying what, unless everything holds that the other
  /// calls rely on: ids and documents as validate() wants them, ids unique; each record a row of
  /// its own; each other row a node of the graph, unless there are dead rows; a sound graph, and none
  /// for IndexKind::Flat.
  /// The caller has checked the vectors with firstUnusableValue().
  static Result<std::unique_ptr<Collection>> restore(const CollectionConfig& config,
                                                     CollectionContent content);

  /// Everything apply() relies on: at least one id; ids non-empty, valid UTF-8 and unique in the
  /// batch; lists as long as ids; one dimension, that of the collection once it has one; finite
  /// floats; add and upsert carry an embedding for every id, delete carries ids only; the limits of
  /// collection/limits.h. Changes nothing.
  Status validate(const Batch& batch) const;

  /// Applies a validated batch; cannot fail. lastSequence() becomes sequence.
  void apply(const Batch& batch, uint64_t sequence);

  size_t count() const { return ids_.size(); }
  /// 0 until the first vector.
  uint32_t dimension() const { return store_ ? store_->dimension() : 0; }
  const CollectionConfig& config() const { return config_; }
  uint64_t lastSequence() const { return lastSequence_; }
  /// kNoSlot for an unknown id.
  Slot slotOf(const std::string& id) const { return ids_.find(id); }
  bool contains(const std::string& id) const { return slotOf(id) != kNoSlot; }

  /// Slots of live records that meet the filter in insertion order (of its ids, unknown ones are
  /// dropped and a repeated one counts once), from offset, at most limit.
  std::vector<Slot> select(const Filter& filter, size_t offset, size_t limit) const;
  RecordView record(Slot slot) const;

  /// The k nearest records of query (dimension() floats) that meet the filter, nearest first.
  /// Equal distances are in the order in which the embeddings were written.
  /// DimensionMismatch, NotFinite, InvalidArgument (efSearch above 10,000; a value too large). A
  /// collection that never had a vector gives no hits. efSearch 0 takes the config's.
  Result<std::vector<Hit>> query(std::span<const float> query, size_t k, size_t efSearch,
                                 const Filter& filter) const;

  /// The records that a search by vector or by keywords or by both finds, the best first, equal
  /// scores in insertion order. A vector's score is 1 - distance. Makes the keyword index if need be,
  /// see buildKeywords(). Refuses what query() refuses.
  Result<std::vector<SearchHit>> search(const SearchRequest& request);

  /// Reads up to maxRecords documents into the keyword index; returns how many records are left.
  /// Until the first call there is none and nothing is spent on it; afterwards writes keep it up.
  size_t buildKeywords(size_t maxRecords);

  /// Heap bytes of the keyword index; 0 while there is none.
  size_t keywordBytes() const { return keywords_ ? keywords_->postings().bytes() : 0; }

  /// Words without a stem yet, those of a query too: give them back to addStems() with their
  /// stems.
  /// restart: forget the stems of before, as for another language. Makes the keyword index.
  std::vector<std::string> wordsToStem(std::string_view query, bool restart);
  void addStems(const std::vector<std::string>& words, const std::vector<std::string>& stems) {
    if (keywords_) keywords_->postings().addStems(words, stems);
  }

  /// Chooses up to limit of these records by maximal marginal relevance (Carbonell and Goldstein,
  /// "The Use of MMR, Diversity-Based Reranking for Reordering Documents and Producing Summaries",
  /// 1998): one after the other the record with the largest
  ///   lambda * relevance - (1 - lambda) * (largest cosine with a chosen one)
  /// where relevance, one a record, is brought to 0 to 1. Returns places in ids, in the order chosen;
  /// of equals the first. A record that is gone is like no other.
  std::vector<uint32_t> diversify(std::span<const std::string> ids,
                                  std::span<const float> relevance, float lambda,
                                  size_t limit) const;

  /// Does index work in slices: links up to maxRows rows, or moves on with a rebuild by what takes
  /// about as long. Begins a rebuild when one is due, and rebuilds. Returns the rows left; more than
  /// pendingRows() while a rebuild is under way.
  size_t maintain(size_t maxRows, bool rebuilds = true);

  /// Whether there are more dead rows than live ones, and more than kMinDeadRows, and no rebuild is under
  /// way.
  bool rebuildDue() const;
  /// What a rebuild takes besides what there is, about, until it is done.
  size_t rebuildBytes() const;

  /// Rows that searches compare one by one until maintain() links them. 0 for a flat collection, and
  /// for IndexKind::Auto while it is small enough to be scanned.
  size_t pendingRows() const;

  /// Begins a rebuild, however few rows are dead: maintain() then makes vectors and index anew of the
  /// live rows, while searches and writes go on with the old ones, and gives the memory of the rest
  /// back. Does nothing when one is under way.
  void compact();

  /// Heap bytes held, up to some small sets; strings by their lengths. Looks at every record.
  size_t bytes() const;
  /// Of these the vectors in the forms that searching needs, and the graph.
  size_t indexBytes() const;

  /// Distances of the k records nearest to a live one, nearest first, itself left out: as query()
  /// finds them, or of all records when exact. position: 0 to count() - 1, in insertion order.
  /// efSearch 0 takes the config's. InvalidArgument when there is no such position, or for an
  /// efSearch above 10,000.
  Result<std::vector<float>> nearestTo(size_t position, size_t k, size_t efSearch,
                                       bool exact) const;
  /// The projection of the records with these ids, in their order, as they are now: later writes do
  /// not change it. Unknown ids are left out.
  std::unique_ptr<Projection> project(std::span<const std::string> ids, uint32_t components,
                                      size_t sample) const;
  /// Links up to maxRows rows even where maintain() leaves them to be scanned; returns rows left.
  /// 0 for a flat collection.
  size_t linkAll(size_t maxRows);

  /// Takes over a graph that was made elsewhere, in place of linking. Its rows are numbered from 0:
  /// the records in insertion order, then the way points (dimension() floats each, one after
  /// another), which are never found. Each is a node. Corrupt for an unsound graph;
  /// InvalidArgument, saying what, for a flat collection, for way points that do not add up, and
  /// when records were changed since they were added; then nothing has changed.
  Status adoptGraph(HnswGraph graph, std::span<const float> wayPoints);

  /// The records, from slot `from` on, that copy lacks or has with another document: at most limit of
  /// them, found among the next kCompared slots. from becomes the slot to go on at, kNoSlot at the end.
  std::vector<Slot> differing(const Collection& copy, Slot& from, size_t limit) const;

  /// Gives this collection the records of another, in their order, in place of its own; each keeps
  /// the vector that it has here. lastSequence() becomes one more than the other's. InvalidArgument,
  /// naming the record, when one has no vector here; then nothing has changed.
  Status takeRecords(const Collection& source);

  /// Null for a flat collection and until the first vector.
  const HnswIndex* hnsw() const { return hnsw_; }

  /// Narrow access for snapshots. Rows without a record are dead, or way points of the graph.
  const Record& stored(Slot slot) const { return records_[slot]; }
  Row rowOf(Slot slot) const { return rowOfSlot_[slot]; }
  const VectorStore* vectors() const { return store_.get(); }  ///< null until the first vector
  bool isLive(Row row) const { return slotOfRow_[row] != kNoSlot; }
  const VectorPlaces& places() const { return places_; }
  /// The places of all rows after a snapshot was stored.
  void setPlaces(VectorPlaces places);
  HnswGraph graph() const { return hnsw_ != nullptr ? hnsw_->graph() : HnswGraph{}; }
  /// Raised by everything that changes records or moves rows, so that a reader can notice.
  uint64_t changes() const { return changes_; }

 private:
  struct Change;

  explicit Collection(const CollectionConfig& config) : config_(config) {}

  Status validateVectors(const Batch& batch) const;
  Status validateMergedSizes(const Batch& batch) const;
  void applyOne(Operation operation, const std::string& id, const Change& change);
  void addRecord(const std::string& id, const Change& change);
  void changeRecord(Slot slot, const Change& change);
  void removeRecord(Slot slot);
  Row appendVector(const Change& change, Slot slot);
  void makeStore(uint32_t dimension);
  std::unique_ptr<Index> makeIndex(VectorStore& store, HnswIndex*& hnsw) const;
  void eraseRow(Row row);
  size_t continueRebuild(size_t maxRows);
  size_t rebuildRows() const;
  void moveRecords(size_t slots);
  void moveRecord(Slot from, Slot to);
  void beginRows();
  void copyRows(size_t count);
  void switchOver();
  Status adoptRecords(std::deque<Record> records, std::vector<Row> rows);
  const RowSet* allowedRows(const Filter& filter, RowSet& chosen) const;
  const RowSet* allowedSlots(const Filter& filter, RowSet& chosen) const;
  void describe(const SearchRequest& request, const std::vector<QueryWord>& query,
                SearchHit& hit) const;
  Status restoreGraph(const HnswGraph& graph, bool hasDeadRows);
  size_t deadRows() const { return store_ ? store_->rows() - count() : 0; }
  bool linksRows() const;

  CollectionConfig config_;
  uint64_t lastSequence_ = 0;
  uint64_t changes_ = 0;
  std::shared_ptr<VectorStore> store_;  // a projection under way keeps it
  VectorPlaces places_;                 // of the rows; empty where the floats stay in the heap
  std::unique_ptr<Index> index_;  // declared after the store it refers to; null while store_ is
  HnswIndex* hnsw_ = nullptr;     // index_, when it is one
  std::deque<Record> records_;    // by slot; a deque, which grows without moving them
  RowSet liveSlots_;              // the slots whose record was not deleted
  std::vector<Row> rowOfSlot_;    // where the record's vector is; any of a slot that is not live
  std::vector<Slot> slotOfRow_;   // kNoSlot for a dead row
  IdTable ids_{records_};
  std::unique_ptr<Rebuild> rebuild_;  // null unless one is under way
  bool rowsAreSlots_ = true;          // every record's row has its slot's number
  mutable FilterSets filters_{records_, rowOfSlot_,
                              liveSlots_};  // made by reads, kept up by writes
  std::unique_ptr<KeywordIndex> keywords_;  // null until a search needs it
};

}  // namespace pagevec
