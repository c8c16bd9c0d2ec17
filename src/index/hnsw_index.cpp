#include "index/hnsw_index.h"

#include <algorithm>
#include <cassert>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <string>
#include <unordered_map>

#include "base/crc32c.h"
#include "index/hnsw_graph.h"
#include "index/scan.h"

// The SSE code of hnswlib is only its own metrics and prefetches; the prefetches read the link
// after the last one, which lies outside the allocation.
#define NO_MANUAL_VECTORIZATION
#include <hnswlib/hnswlib.h>

namespace hnswlib {
// Snapshots keep an HnswGraph. This virtual member would pull file streams and locales into the
// wasm: 42 KB of gzip.
template <>
inline void HierarchicalNSW<float>::saveIndex(const std::string&) {}
}  // namespace hnswlib

namespace pagevec {
namespace {

using Graph = hnswlib::HierarchicalNSW<float>;
using Node = hnswlib::tableint;

/// Up to this many allowed rows are compared one by one: exact, and at 100,000 rows of 384 floats
/// also faster than walking a graph in which four of five rows may not be returned.
constexpr size_t kExactScanRows = 20'000;

constexpr size_t kFirstCapacity = 64;

/// Stands for "the query of this search" where hnswlib expects a stored element.
constexpr Row kQueryRow = std::numeric_limits<Row>::max();
struct QueryPoint {
  Row row;
  const VectorStore::Query* query;
};

/// hnswlib keeps a row number as each element's data, so that vectors are held once, by the store.
float rowDistance(const void* a, const void* b, const void* param) {
  const auto& store = *static_cast<const VectorStore*>(param);
  const Row row = *static_cast<const Row*>(a);
  const Row other = *static_cast<const Row*>(b);
  if (row != kQueryRow) return store.distance(row, other);
  return store.distance(*static_cast<const QueryPoint*>(a)->query, other);
}

class RowFilter final : public hnswlib::BaseFilterFunctor {
 public:
  RowFilter(const RowSet& live, const RowSet* allowed) : live_(live), allowed_(allowed) {}
  bool operator()(hnswlib::labeltype label) override {
    const Row row = static_cast<Row>(label);
    return live_.contains(row) && (allowed_ == nullptr || allowed_->contains(row));
  }

 private:
  const RowSet& live_;
  const RowSet* allowed_;
};

uint32_t checksum(const VectorStore& store, Row row) {
  const std::span<const float> vector = store.vector(row);
  return crc32c({reinterpret_cast<const uint8_t*>(vector.data()), vector.size_bytes()});
}

/// The top level of a row's node: at least L with probability M^-L, as in the paper. A hash of the
/// row and not a random stream, so that a graph read back grows just as the original would, on
/// every platform. The hash is the finalizer of splitmix64 (Steele, Lea and Flood, OOPSLA 2014).
int levelOf(Row row, uint32_t maxNeighbors) {
  uint64_t bits = row + uint64_t{0x9E3779B97F4A7C15};
  bits = (bits ^ (bits >> 30)) * 0xBF58476D1CE4E5B9;
  bits = (bits ^ (bits >> 27)) * 0x94D049BB133111EB;
  bits ^= bits >> 31;
  const double uniform = static_cast<double>(bits >> 11) * 0x1p-53;
  int level = 0;
  for (double share = 1.0 / maxNeighbors; uniform < share && level < kMaxHnswLevel;
       share /= maxNeighbors) {
    ++level;
  }
  return level;
}

/// A node as hnswlib lays it out: the links of level 0 after their count, the data, the label.
size_t nodeBytes(const HnswParams& params) {
  return (1 + maxLinks(params, 0)) * sizeof(Node) + sizeof(Row) + sizeof(hnswlib::labeltype);
}

/// The most nodes that hnswlib can number (int) and whose memory can be addressed.
size_t maxCapacity(const HnswParams& params) {
  return std::min<size_t>(std::numeric_limits<int32_t>::max(),
                          std::numeric_limits<size_t>::max() / 2 / nodeBytes(params));
}

Status tooLarge(size_t nodes) {
  return {StatusCode::LimitExceeded,
          "no memory for a search graph of " + std::to_string(nodes) + " rows"};
}

/// An empty graph over the store's rows. hnswlib's own constructor would also make 65,536 mutexes
/// for concurrent writers: megabytes that one thread never uses.
std::unique_ptr<Graph> makeGraph(const VectorStore& store, const HnswParams& params,
                                 size_t capacity) {
  auto graph = std::make_unique<Graph>(nullptr);
  graph->fstdistfunc_ = rowDistance;
  graph->dist_func_param_ = const_cast<VectorStore*>(&store);
  graph->data_size_ = sizeof(Row);
  graph->M_ = params.maxNeighbors;
  graph->maxM_ = maxLinks(params, 1);
  graph->maxM0_ = maxLinks(params, 0);
  graph->ef_construction_ = std::max(params.efConstruction, params.maxNeighbors);
  graph->size_links_level0_ = (1 + graph->maxM0_) * sizeof(Node);
  graph->size_links_per_element_ = (1 + graph->maxM_) * sizeof(Node);
  graph->offsetData_ = graph->size_links_level0_;
  graph->label_offset_ = graph->offsetData_ + sizeof(Row);
  graph->size_data_per_element_ = nodeBytes(params);
  graph->enterpoint_node_ = std::numeric_limits<Node>::max();
  graph->maxlevel_ = -1;
  // With mult_ 0 hnswlib's own random level is always 0, which a given level above 0 replaces.
  graph->mult_ = 0;
  graph->resizeIndex(capacity);
  return graph;
}

/// Erased rows are kept out by a filter and not by hnswlib's deletion marks: with marks, linking a
/// row whose whole reachable surrounding is deleted reads from an empty list.
class HnswlibIndex final : public HnswIndex {
 public:
  HnswlibIndex(const VectorStore& store, const HnswParams& params, size_t capacity)
      : store_(store), params_(params), graph_(makeGraph(store, params, capacity)) {}

  void insert(Row row) override;
  void erase(Row row) override;
  std::vector<Neighbor> search(const float* query, const SearchParams& params) const override;
  size_t size() const override { return live_.size(); }
  size_t pending() const override { return pending_.size(); }
  size_t link(size_t maxRows) override;
  HnswGraph graph() const override;
  float erasedShare() const override;

  /// Fills an index without nodes from a checked graph.
  Status load(const HnswGraph& graph);

 private:
  size_t linkedLive() const { return live_.size() - pending_.size() - copies_.size(); }
  void countLinkedCopies();
  bool takeCopy(Row row);
  bool reserveNode();
  size_t searchGraph(const VectorStore::Query& query, const SearchParams& params, TopK& top) const;
  const uint32_t* loadNode(Node node, Row row, uint8_t level, const uint32_t* links);

  const VectorStore& store_;
  HnswParams params_;
  std::unique_ptr<Graph> graph_;
  RowSet live_;     ///< what search can return
  RowSet linked_;   ///< what has a node, erased or not
  RowSet pending_;  ///< live, but not linked yet
  RowSet copies_;   ///< live, and scanned for good: takeCopy() says why
  std::unordered_map<uint32_t, uint32_t> linkedCopies_;  ///< by checksum of the vector
};

void HnswlibIndex::insert(Row row) {
  assert(row < store_.rows());
  live_.insert(row);
  if (!linked_.contains(row) && !copies_.contains(row)) pending_.insert(row);
}

void HnswlibIndex::erase(Row row) {
  live_.erase(row);
  pending_.erase(row);
  copies_.erase(row);
}

void HnswlibIndex::countLinkedCopies() {
  linked_.forEach([&](Row row) { ++linkedCopies_[checksum(store_, row)]; });
}

/// Keeps a row out of the graph when M rows with its vector are in it: equal vectors fill each
/// other's link lists and cut off the rest. 4,000 rows beside five vectors of 2,000 copies each were
/// found with a recall of 0.23. A checksum that two vectors share by chance costs only speed.
bool HnswlibIndex::takeCopy(Row row) {
  if (linkedCopies_.empty()) countLinkedCopies();
  uint32_t& copies = linkedCopies_[checksum(store_, row)];
  if (copies < params_.maxNeighbors) {
    ++copies;
    return false;
  }
  copies_.insert(row);
  return true;
}

bool HnswlibIndex::reserveNode() {
  const size_t nodes = graph_->cur_element_count;
  if (nodes < graph_->max_elements_) return true;
  const size_t capacity = std::min(2 * nodes, maxCapacity(params_));
  if (capacity <= nodes) return false;
  graph_->resizeIndex(capacity);
  return true;
}

size_t HnswlibIndex::link(size_t maxRows) {
  Row row = 0;
  for (size_t linked = 0; linked < maxRows && pending_.size() > 0 && reserveNode(); ++linked) {
    row = pending_.next(row);
    pending_.erase(row);
    if (takeCopy(row)) continue;
    graph_->addPoint(&row, row, levelOf(row, params_.maxNeighbors));
    linked_.insert(row);
  }
  return pending_.size();
}

/// Offers what a walk of the graph finds and returns how many that were.
size_t HnswlibIndex::searchGraph(const VectorStore::Query& query, const SearchParams& params,
                                 TopK& top) const {
  const size_t candidates = std::min<size_t>(std::max(params.efSearch, params.k), linked_.size());
  const QueryPoint point{kQueryRow, &query};
  RowFilter filter(live_, params.allowed);
  const bool filtered = params.allowed != nullptr || linkedLive() < linked_.size();
  auto found = graph_->searchKnn(&point, candidates, filtered ? &filter : nullptr);
  const size_t count = found.size();
  for (; !found.empty(); found.pop()) {
    top.offer({found.top().first, static_cast<Row>(found.top().second)});
  }
  return count;
}

std::vector<Neighbor> HnswlibIndex::search(const float* query, const SearchParams& params) const {
  const size_t k = std::min<size_t>(params.k, live_.size());
  if (k == 0) return {};
  const VectorStore::Query prepared = store_.prepare(query);
  const bool fewAllowed = params.allowed != nullptr && params.allowed->size() <= kExactScanRows;
  if (!fewAllowed && linkedLive() > std::max(params.efSearch, k)) {
    TopK top(k);
    const size_t found = searchGraph(prepared, params, top);
    // A graph need not lead to every node; nobody may get fewer hits than there are rows.
    if (found >= k) {
      scan(store_, prepared, pending_, params.allowed, top);
      scan(store_, prepared, copies_, params.allowed, top);
      return top.take();
    }
  }
  TopK top(k);
  scan(store_, prepared, live_, params.allowed, top);
  return top.take();
}

HnswGraph HnswlibIndex::graph() const {
  HnswGraph result;
  const Node nodes = static_cast<Node>(graph_->cur_element_count);
  for (Node node = 0; node < nodes; ++node) {
    const int top = graph_->element_levels_[node];
    result.rows.push_back(static_cast<Row>(graph_->getExternalLabel(node)));
    result.levels.push_back(static_cast<uint8_t>(top));
    for (int level = 0; level <= top; ++level) {
      hnswlib::linklistsizeint* list = graph_->get_linklist_at_level(node, level);
      const uint32_t count = graph_->getListCount(list);
      result.links.push_back(count);
      result.links.insert(result.links.end(), list + 1, list + 1 + count);
    }
  }
  if (nodes > 0) result.entryNode = graph_->enterpoint_node_;
  return result;
}

float HnswlibIndex::erasedShare() const {
  if (linked_.size() == 0) return 0;
  const size_t erased = linked_.size() - linkedLive();
  return static_cast<float>(erased) / static_cast<float>(linked_.size());
}

/// Fills the next free node and returns where the links after its own start; null without memory.
const uint32_t* HnswlibIndex::loadNode(Node node, Row row, uint8_t level, const uint32_t* links) {
  if (level > 0) {
    void* lists = std::calloc(level, graph_->size_links_per_element_);
    if (lists == nullptr) return nullptr;
    graph_->linkLists_[node] = static_cast<char*>(lists);
  }
  std::memset(graph_->get_linklist0(node), 0, graph_->size_data_per_element_);
  std::memcpy(graph_->getDataByInternalId(node), &row, sizeof row);
  graph_->setExternalLabel(node, row);
  graph_->element_levels_[node] = level;
  graph_->cur_element_count = node + 1;
  for (int i = 0; i <= level; ++i) {
    hnswlib::linklistsizeint* list = graph_->get_linklist_at_level(node, i);
    const uint32_t count = *links++;
    graph_->setListCount(list, static_cast<uint16_t>(count));
    std::copy_n(links, count, list + 1);
    links += count;
  }
  return links;
}

Status HnswlibIndex::load(const HnswGraph& graph) {
  const uint32_t* links = graph.links.data();
  for (Node node = 0; node < graph.rows.size(); ++node) {
    links = loadNode(node, graph.rows[node], graph.levels[node], links);
    if (links == nullptr) return tooLarge(graph.rows.size());
    live_.insert(graph.rows[node]);
    linked_.insert(graph.rows[node]);
  }
  if (!graph.rows.empty()) {
    graph_->enterpoint_node_ = graph.entryNode;
    graph_->maxlevel_ = graph.levels[graph.entryNode];
  }
  return {};
}

}  // namespace

std::unique_ptr<HnswIndex> HnswIndex::make(const VectorStore& store, const HnswParams& params) {
  return std::make_unique<HnswlibIndex>(store, params, kFirstCapacity);
}

Result<std::unique_ptr<HnswIndex>> HnswIndex::fromGraph(const VectorStore& store,
                                                        const HnswParams& params,
                                                        const HnswGraph& graph) {
  if (Status s = checkGraph(graph, params, store.rows()); !s.ok()) return s;
  if (graph.rows.size() > maxCapacity(params)) return tooLarge(graph.rows.size());
  auto index =
      std::make_unique<HnswlibIndex>(store, params, std::max(graph.rows.size(), kFirstCapacity));
  if (Status s = index->load(graph); !s.ok()) return s;
  return std::unique_ptr<HnswIndex>(std::move(index));
}

}  // namespace pagevec
