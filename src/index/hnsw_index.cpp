#include "index/hnsw_index.h"

#include <algorithm>
#include <cassert>
#include <unordered_map>

#include "index/graph_linker.h"
#include "index/graph_walk.h"
#include "index/scan.h"
#include "index/sign_scan.h"

namespace pagevec {
namespace {

/// A walk costs as much as scanning so many rows for each candidate it keeps: fewer the longer rows are,
/// since they leave the caches earlier, up to where both wait for memory alone
/// (tests/bench/thresholds.mjs).
size_t rowsPerCandidate(size_t rowBytes) { return std::clamp<size_t>(16'384 / rowBytes, 16, 64); }

/// Candidates kept for each that a filter is expected to drop: queries and filters may not be
/// independent.
constexpr double kReserve = 1.5;
/// By how much a walk that found too few is widened at least.
constexpr size_t kWider = 4;

/// A scan by signs looks at so many rows in the time of comparing one by its codes,
constexpr size_t kSignsPerRow = 2;
/// and then compares so many by them for each candidate that a walk would keep: fewer hits are missed
/// than by a walk without a filter (docs/performance.md).
constexpr size_t kComparedPerCandidate = 6;
/// Rows whose signs are made by a search that could use them, in about a millisecond.
constexpr size_t kSignsAtOnce = 1024;

class GraphIndex final : public HnswIndex {
 public:
  GraphIndex(VectorStore& store, const HnswParams& params)
      : store_(store),
        params_(params),
        links_(params),
        walk_(store, links_),
        linker_(store, links_,
                {params.maxNeighbors, std::max(params.efConstruction, params.maxNeighbors)}) {}

  void insert(Row row) override;
  void erase(Row row) override;
  std::vector<Neighbor> search(const float* query, const SearchParams& params) const override;
  size_t size() const override { return live_.size(); }
  size_t pending() const override { return pending_.size(); }
  size_t link(size_t maxRows) override;
  HnswGraph nodes() const override;
  size_t nodeCount() const override { return nodes_.size(); }
  std::span<const Row> links(Row row, uint32_t level) const override {
    return links_.links(row, level);
  }
  std::vector<uint32_t> copies() const override;
  float erasedShare() const override;
  size_t bytes() const override;

  /// Fills an index without nodes from a checked graph.
  void load(const HnswGraph& graph);

 private:
  size_t reachOf(size_t visible, size_t ef, size_t wanted) const;
  size_t widened(size_t reach, size_t found, size_t wanted) const;
  bool scans(size_t visible, size_t reach) const;
  bool signsPay(size_t visible, size_t ef, size_t reach) const;
  std::vector<Neighbor> scanSigns(const RowSet& allowed, size_t ef, size_t wanted) const;
  std::vector<Neighbor> walk(const RowSet* allowed, size_t reach, size_t wanted) const;
  const std::vector<Row>* copiesOf(Row node) const;
  void addNode(Row row);
  void linkOne(Row row);

  VectorStore& store_;
  HnswParams params_;
  HnswLinks links_;
  mutable GraphWalk walk_;
  GraphLinker linker_;
  mutable VectorStore::Query query_;
  Row entry_ = HnswLinks::kNoLink;  ///< a node of the highest level
  RowSet live_;                     ///< what search can return
  RowSet nodes_;                    ///< what the graph links, live or not
  size_t deadNodes_ = 0;            ///< those that are not live
  RowSet pending_;                  ///< live, but neither a node nor a copy of one yet
  RowSet copies_;                   ///< rows with the codes of a node, live or not
  std::unordered_map<Row, std::vector<Row>> copiesOf_;  ///< by node, in the order of rows
  mutable std::unique_ptr<SignScan> signs_;             ///< made by the first search that wants it
};

void GraphIndex::insert(Row row) {
  assert(row < store_.rows());
  if (live_.contains(row)) return;
  live_.insert(row);
  if (nodes_.contains(row)) {
    --deadNodes_;
  } else if (!copies_.contains(row)) {
    pending_.insert(row);
  }
}

void GraphIndex::erase(Row row) {
  if (!live_.contains(row)) return;
  live_.erase(row);
  pending_.erase(row);
  deadNodes_ += nodes_.contains(row);
}

// The row has its links.
void GraphIndex::addNode(Row row) {
  nodes_.insert(row);
  if (entry_ == HnswLinks::kNoLink || links_.level(row) > links_.level(entry_)) entry_ = row;
}

void GraphIndex::linkOne(Row row) {
  if (entry_ == HnswLinks::kNoLink) {
    links_.addNode(row, levelOf(row, params_.maxNeighbors));
    return addNode(row);
  }
  const Row node = linker_.link(row, entry_, walk_);
  if (node == row) return addNode(row);
  copies_.insert(row);
  copiesOf_[node].push_back(row);
}

size_t GraphIndex::link(size_t maxRows) {
  if (maxRows == 0 || pending_.size() == 0) return pending_.size();
  store_.settle();
  Row row = 0;
  for (size_t linked = 0; linked < maxRows && pending_.size() > 0; ++linked) {
    row = pending_.next(row);
    links_.grow(row + 1);  // not for all at once: 128 MB for a million rows would be a pause
    pending_.erase(row);
    linkOne(row);
  }
  return pending_.size();
}

// So many candidates that the wanted ones are left when those that may not be returned are dropped:
// of N nodes of which n are visible, the wanted-th visible one is expected at place wanted N / n.
size_t GraphIndex::reachOf(size_t visible, size_t ef, size_t wanted) const {
  const size_t all = nodes_.size() + copies_.size();
  if (visible == 0 || visible >= all) return ef;
  const double dropped = static_cast<double>(all) / static_cast<double>(visible) - 1;
  return ef + static_cast<size_t>(kReserve * dropped * static_cast<double>(wanted));
}

// Too few are found where the filter and the query disagree, and where no links lead. So many candidates
// that the wanted ones are among them if the filter goes on to drop as many as it did: a walk that
// would take longer than a scan is not begun.
size_t GraphIndex::widened(size_t reach, size_t found, size_t wanted) const {
  const size_t needed = reach * wanted / std::max<size_t>(found, 1);
  return std::max(reach * kWider, static_cast<size_t>(kReserve * static_cast<double>(needed)));
}

// Comparing every visible row is exact, and faster than a walk when they are few.
bool GraphIndex::scans(size_t visible, size_t reach) const {
  return pending_.size() >= live_.size() ||
         visible <= rowsPerCandidate(store_.comparedBytes()) * reach;
}

// Not where comparing all takes no longer than a query without a filter: that is exact. Codes alone are
// asked for where memory is scarce.
bool GraphIndex::signsPay(size_t visible, size_t ef, size_t reach) const {
  const StoreOptions& options = store_.options();
  if (store_.dimension() < SignScan::kMinDimension || pending_.size() >= live_.size() ||
      options.quantization == Quantization::Binary || options.precision == Precision::Codes) {
    return false;
  }
  const size_t perCandidate = rowsPerCandidate(store_.comparedBytes());
  return visible > perCandidate * ef && visible / kSignsPerRow + kComparedPerCandidate * ef <
                                            std::min(visible, perCandidate * reach);
}

std::vector<Neighbor> GraphIndex::scanSigns(const RowSet& allowed, size_t ef, size_t wanted) const {
  if (!signs_) signs_ = std::make_unique<SignScan>(store_);
  signs_->grow(kSignsAtOnce);
  TopK top(wanted);
  signs_->scan(query_, live_, allowed, kComparedPerCandidate * ef, top);
  return top.take();
}

std::vector<Neighbor> GraphIndex::search(const float* query, const SearchParams& params) const {
  const RowSet* const allowed = params.allowed;
  const size_t visible = allowed == nullptr ? live_.size() : allowed->size();
  const size_t k = std::min<size_t>({params.k, visible, live_.size()});
  if (k == 0) return {};
  store_.prepare(query, query_);
  const size_t wanted = std::min<size_t>({store_.candidates(k), visible, live_.size()});
  const size_t ef = std::max(params.efSearch, wanted);
  size_t reach = reachOf(visible, ef, wanted);
  if (allowed != nullptr && signsPay(visible, ef, reach)) {
    return rescore(store_, query_, scanSigns(*allowed, ef, wanted), k);
  }
  while (!scans(visible, reach)) {
    std::vector<Neighbor> found = walk(allowed, reach, wanted);
    if (found.size() == wanted) return rescore(store_, query_, std::move(found), k);
    reach = widened(reach, found.size(), wanted);
  }
  TopK top(wanted);
  scan(store_, query_, live_, allowed, top);
  return rescore(store_, query_, top.take(), k);
}

const std::vector<Row>* GraphIndex::copiesOf(Row node) const {
  if (copies_.size() == 0) return nullptr;
  const auto found = copiesOf_.find(node);
  return found == copiesOf_.end() ? nullptr : &found->second;
}

std::vector<Neighbor> GraphIndex::walk(const RowSet* allowed, size_t reach, size_t wanted) const {
  Row row = entry_;
  if (links_.level(row) > 0) row = walk_.descend(query_, row, links_.level(row), 1);
  walk_.search(query_, row, 0, reach);
  const Candidates& found = walk_.found();
  TopK top(wanted);
  const auto offer = [&](float distance, Row candidate) {
    if (!live_.contains(candidate)) return;
    if (allowed == nullptr || allowed->contains(candidate)) top.offer({distance, candidate});
  };
  for (size_t i = 0; i < found.size() && top.size() < wanted; ++i) {
    const float distance = orderedDistance(found.orderAt(i));
    offer(distance, found.rowAt(i));
    if (const std::vector<Row>* copies = copiesOf(found.rowAt(i))) {
      for (const Row copy : *copies) offer(distance, copy);
    }
  }
  scan(store_, query_, pending_, allowed, top);
  return top.take();
}

HnswGraph GraphIndex::nodes() const {
  HnswGraph result;
  result.rows.reserve(nodes_.size());
  result.levels.reserve(nodes_.size());
  nodes_.forEach([&](Row row) {
    if (row == entry_) result.entryNode = static_cast<uint32_t>(result.rows.size());
    result.rows.push_back(row);
    result.levels.push_back(links_.level(row));
  });
  return result;
}

std::vector<uint32_t> GraphIndex::copies() const {
  std::vector<uint32_t> result;
  uint32_t number = 0;
  nodes_.forEach([&](Row node) {
    if (const std::vector<Row>* rows = copiesOf(node)) {
      for (const Row row : *rows) {
        if (live_.contains(row)) result.insert(result.end(), {row, number});
      }
    }
    ++number;
  });
  return result;
}

void GraphIndex::load(const HnswGraph& graph) {
  links_.grow(store_.rows());
  const uint32_t* links = graph.links.data();
  std::vector<Row> rows;
  for (size_t node = 0; node < graph.rows.size(); ++node) {
    const Row row = graph.rows[node];
    links_.addNode(row, graph.levels[node]);
    for (uint32_t level = 0; level <= graph.levels[node]; ++level) {
      const uint32_t count = *links++;
      rows.clear();
      for (uint32_t i = 0; i < count; ++i) rows.push_back(graph.rows[*links++]);
      links_.setLinks(row, level, rows);
    }
    live_.insert(row);
    nodes_.insert(row);
  }
  if (graph.rows.empty()) return;
  entry_ = graph.rows[graph.entryNode];
  store_.settle();
}

float GraphIndex::erasedShare() const {
  if (nodes_.size() == 0) return 0;
  return static_cast<float>(deadNodes_) / static_cast<float>(nodes_.size());
}

size_t GraphIndex::bytes() const {
  return links_.bytes() + walk_.bytes() + (signs_ ? signs_->bytes() : 0);
}

}  // namespace

HnswGraph HnswIndex::graph() const {
  HnswGraph result = nodes();
  const std::vector<uint32_t> numbers = result.numbers();
  const auto forEachList = [&](auto use) {
    for (size_t node = 0; node < result.rows.size(); ++node) {
      for (uint32_t level = 0; level <= result.levels[node]; ++level) {
        use(links(result.rows[node], level));
      }
    }
  };
  // At once: growing would hold the 130 MB of a million nodes three times.
  size_t count = 0;
  forEachList([&](std::span<const Row> linked) { count += 1 + linked.size(); });
  result.links.reserve(count);
  forEachList([&](std::span<const Row> linked) {
    result.links.push_back(static_cast<uint32_t>(linked.size()));
    for (const Row row : linked) result.links.push_back(numbers[row]);
  });
  return result;
}

std::unique_ptr<HnswIndex> HnswIndex::make(VectorStore& store, const HnswParams& params) {
  return std::make_unique<GraphIndex>(store, params);
}

Result<std::unique_ptr<HnswIndex>> HnswIndex::fromGraph(VectorStore& store,
                                                        const HnswParams& params,
                                                        const HnswGraph& graph) {
  if (Status s = checkGraph(graph, params, store.rows()); !s.ok()) return s;
  auto index = std::make_unique<GraphIndex>(store, params);
  index->load(graph);
  return std::unique_ptr<HnswIndex>(std::move(index));
}

}  // namespace pagevec
