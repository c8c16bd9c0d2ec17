// Our HNSW beside hnswlib over the same vectors: at equal settings it finds as much.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <tuple>

#include "hnswlib_files.h"
#include "index/flat_index.h"
#include "index/graph_walk.h"
#include "index/scan.h"
#include "vectors.h"

namespace pagevec {
namespace {

using testing::Peer;

#ifdef __SANITIZE_ADDRESS__
constexpr size_t kRows = 300;  // ten times as slow; recall is the business of the other builds
#else
constexpr size_t kRows = 2000;
#endif
constexpr size_t kQueries = 100;

using Case = std::tuple<Space, uint32_t, uint32_t>;  // dimension, efConstruction

std::string nameOf(const ::testing::TestParamInfo<Case>& info) {
  const auto& [space, dimension, efConstruction] = info.param;
  const char* names[] = {"L2", "Ip", "Cosine"};
  return std::string(names[static_cast<int>(space)]) + std::to_string(dimension) + "Ef" +
         std::to_string(efConstruction);
}

class HnswTwin : public ::testing::TestWithParam<Case> {
 protected:
  HnswTwin()
      : vectors_(clusteredVectors(kRows + kQueries, dimension(), 31)),
        exact_(space(), dimension(), {Quantization::None, Precision::Float32}),
        store_(space(), dimension()),
        peerSpace_(testing::peerSpace(space(), dimension())),
        peer_(peerSpace_.get(), kRows, 16, efConstruction()) {
    for (auto& vector : vectors_) vector = testing::peerVector(space(), vector);
    ours_ = HnswIndex::make(store_, {16, efConstruction()});
    oracle_ = makeFlatIndex(exact_);
    for (size_t i = 0; i < kRows; ++i) {
      ours_->insert(store_.append(vectors_[i].data()));
      oracle_->insert(exact_.append(vectors_[i].data()));
      peer_.addPoint(vectors_[i].data(), i);
    }
    ours_->link(SIZE_MAX);
    readLinks();
  }

  /// The links of our index, to walk where the index would rather scan so few rows.
  void readLinks() {
    const HnswGraph graph = ours_->graph();
    ASSERT_EQ(graph.rows.size(), kRows);  // nodes are rows, since there are no copies
    entry_ = graph.entryNode;
    links_.grow(kRows);
    const uint32_t* links = graph.links.data();
    for (Row row = 0; row < kRows; ++row) {
      links_.addNode(row, graph.levels[row]);
      for (uint32_t level = 0; level <= graph.levels[row]; ++level) {
        const uint32_t count = *links++;
        links_.setLinks(row, level, {links, count});
        links += count;
      }
    }
  }

  /// What HnswIndex::search does when it walks.
  std::vector<Neighbor> walk(const float* values, size_t ef) {
    VectorStore::Query query;
    store_.prepare(values, query);
    Row row = entry_;
    if (links_.level(row) > 0) row = walk_.descend(query, row, links_.level(row), 1);
    walk_.search(query, row, 0, ef);
    const Candidates& found = walk_.found();
    std::vector<Neighbor> best;
    for (size_t i = 0; i < std::min(found.size(), store_.candidates(10)); ++i) {
      best.push_back({orderedDistance(found.orderAt(i)), found.rowAt(i)});
    }
    return rescore(store_, query, std::move(best), 10);
  }

  static Space space() { return std::get<0>(GetParam()); }
  static uint32_t dimension() { return std::get<1>(GetParam()); }
  static uint32_t efConstruction() { return std::get<2>(GetParam()); }

  /// Mean recall@10 against the oracle.
  template <class Search>
  double meanRecall(Search search) const {
    double sum = 0;
    for (size_t i = kRows; i < kRows + kQueries; ++i) {
      const float* query = vectors_[i].data();
      sum += recall(search(query), oracle_->search(query, {.k = 10}));
    }
    return sum / kQueries;
  }

  std::vector<std::vector<float>> vectors_;
  VectorStore exact_;
  VectorStore store_;
  std::unique_ptr<hnswlib::SpaceInterface<float>> peerSpace_;
  Peer peer_;
  std::unique_ptr<HnswIndex> ours_;
  HnswLinks links_{{16, 0}};
  GraphWalk walk_{store_, links_};
  Row entry_ = 0;
  std::unique_ptr<Index> oracle_;
};

TEST_P(HnswTwin, FindsAsMuchAsHnswlib) {
  for (const size_t ef : {32, 64, 128}) {
    const double ours = meanRecall([&](const float* query) { return walk(query, ef); });
    peer_.setEf(ef);
    const double peer = meanRecall([&](const float* query) {
      std::vector<Neighbor> found;
      for (const uint64_t label : testing::peerLabels(peer_, query, 10)) {
        found.push_back({0, static_cast<Row>(label)});
      }
      return found;
    });
    EXPECT_GE(ours, peer - 0.01) << "ef " << ef;
    RecordProperty("recall_ours_ef" + std::to_string(ef), std::to_string(ours));
    RecordProperty("recall_hnswlib_ef" + std::to_string(ef), std::to_string(peer));
  }
  EXPECT_GE(meanRecall([&](const float* query) { return walk(query, kRows); }), 0.99);
}

TEST_P(HnswTwin, FindsTheSameWhereItReadsAhead) {
  GraphWalk near(store_, links_, SIZE_MAX);
  GraphWalk ahead(store_, links_, 0);
  for (size_t i = kRows; i < kRows + kQueries; ++i) {
    VectorStore::Query query;
    store_.prepare(vectors_[i].data(), query);
    near.search(query, entry_, 0, 32);
    ahead.search(query, entry_, 0, 32);
    ASSERT_EQ(ahead.found().size(), near.found().size());
    for (size_t n = 0; n < near.found().size(); ++n) {
      ASSERT_EQ(ahead.found().rowAt(n), near.found().rowAt(n));
      ASSERT_EQ(ahead.found().orderAt(n), near.found().orderAt(n));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Settings, HnswTwin,
                         ::testing::Combine(::testing::Values(Space::L2, Space::Ip, Space::Cosine),
                                            ::testing::Values(64u, 384u),
                                            ::testing::Values(100u, 200u)),
                         nameOf);

}  // namespace
}  // namespace pagevec
