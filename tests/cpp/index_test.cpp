// The contract of Index, run against every implementation in every space.
#include "index/index.h"

#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <random>
#include <string>
#include <tuple>
#include <vector>

#include "index/flat_index.h"
#include "index/hnsw_index.h"
#include "vectors.h"

namespace pagevec {
namespace {

/// Coded: enough dimensions for codes, made as soon as there is a row. The others compare floats.
enum class Kind {
  Flat,
  HnswPending,
  HnswLinked,
  FlatCoded,
  HnswCoded,
  HnswShorts,
  FlatBinary,
  HnswBinary,
  HnswBinaryShorts,
};

class IndexContract : public testing::TestWithParam<std::tuple<Kind, Space>> {
 protected:
  IndexContract()
      : kDimension(binary()  ? 130
                   : coded() ? 40
                             : 12),
        store_(
            std::get<Space>(GetParam()), kDimension,
            {binary() ? Quantization::Binary : Quantization::Int8,
             kind() == Kind::HnswShorts || kind() == Kind::HnswBinaryShorts ? Precision::Int16
                                                                            : Precision::Float32}) {
    if (flat()) {
      index_ = makeFlatIndex(store_);
    } else {
      index_ = HnswIndex::make(store_, {});
    }
  }

  Kind kind() const { return std::get<Kind>(GetParam()); }

  bool coded() const { return kind() >= Kind::FlatCoded; }
  bool binary() const { return kind() >= Kind::FlatBinary; }
  bool flat() const {
    return kind() == Kind::Flat || kind() == Kind::FlatCoded || kind() == Kind::FlatBinary;
  }
  bool links() const { return !flat() && kind() != Kind::HnswPending; }

  /// An implementation that must find exactly what a sort finds, whatever the number of rows.
  bool exact() const { return kind() == Kind::Flat || kind() == Kind::HnswPending; }

  void settle() {
    if (coded()) store_.settle();
    if (links()) {
      EXPECT_EQ(index_->link(SIZE_MAX), 0u);
    }
  }

  Row add(const std::vector<float>& values) {
    const Row row = store_.append(values.data());
    index_->insert(row);
    live_.insert(row);
    return row;
  }
  void addAll(const std::vector<std::vector<float>>& vectors) {
    for (const auto& vector : vectors) add(vector);
  }
  void erase(Row row) {
    index_->erase(row);
    live_.erase(row);
  }

  /// Searches, checks what holds for every index and returns the recall against a sort.
  double check(const std::vector<float>& query, const SearchParams& params) const {
    RowSet visible;
    live_.forEach([&](Row row) {
      if (params.allowed == nullptr || params.allowed->contains(row)) visible.insert(row);
    });
    const auto found = index_->search(query.data(), params);
    const auto expected = sortedNeighbors(store_, visible, query.data(), params.k);
    EXPECT_EQ(found.size(), expected.size());
    const VectorStore::Query from = prepared(store_, query.data());
    RowSet seen;
    for (size_t i = 0; i < found.size(); ++i) {
      EXPECT_TRUE(visible.contains(found[i].row)) << found[i].row;
      EXPECT_FALSE(seen.contains(found[i].row)) << found[i].row << " found twice";
      seen.insert(found[i].row);
      EXPECT_EQ(found[i].distance, store_.distance(from, found[i].row));
      EXPECT_TRUE(i == 0 || found[i - 1] < found[i]) << "out of order at " << i;
    }
    if (exact()) {
      EXPECT_EQ(rowsOf(found), rowsOf(expected));
    }
    return recall(found, expected);
  }

  const uint32_t kDimension;
  VectorStore store_;
  std::unique_ptr<Index> index_;
  RowSet live_;
};

TEST_P(IndexContract, AnEmptyIndexFindsNothing) {
  const std::vector<float> query(kDimension, 1);
  EXPECT_EQ(index_->size(), 0u);
  EXPECT_EQ(index_->pending(), 0u);
  EXPECT_TRUE(index_->search(query.data(), {}).empty());
  EXPECT_EQ(index_->link(10), 0u);
  index_->erase(0);
  index_->erase(1'000'000);
  EXPECT_EQ(index_->size(), 0u);
  EXPECT_TRUE(index_->search(query.data(), {}).empty());
}

TEST_P(IndexContract, ARowIsFoundByTheVeryNextSearch) {
  const auto vectors = clusteredVectors(40, kDimension, 1);
  for (const auto& vector : vectors) {
    const Row row = add(vector);
    EXPECT_EQ(check(vector, {.k = 100}), 1.0);
    if (store_.space() != Space::Ip) {
      const auto nearest = index_->search(vector.data(), {.k = 1});
      ASSERT_EQ(nearest.size(), 1u);
      EXPECT_EQ(nearest[0].row, row);
    }
    if (row % 7 == 0) settle();
  }
  EXPECT_EQ(index_->size(), 40u);
}

TEST_P(IndexContract, ReturnsAsManyAsThereAreWhenKIsLarger) {
  const auto vectors = clusteredVectors(300, kDimension, 2);
  addAll(vectors);
  settle();
  EXPECT_TRUE(index_->search(vectors[0].data(), {.k = 0}).empty());
  for (const size_t k : {1u, 299u, 300u, 301u, 100'000u}) {
    EXPECT_EQ(index_->search(vectors[0].data(), {.k = k}).size(), std::min<size_t>(k, 300));
  }
  EXPECT_EQ(check(vectors[5], {.k = SIZE_MAX, .efSearch = SIZE_MAX}), 1.0);
}

TEST_P(IndexContract, InsertingTwiceIsInsertingOnce) {
  const auto vectors = clusteredVectors(20, kDimension, 3);
  addAll(vectors);
  index_->insert(7);
  settle();
  index_->insert(7);
  EXPECT_EQ(index_->size(), 20u);
  EXPECT_EQ(check(vectors[7], {.k = 50}), 1.0);
}

TEST_P(IndexContract, ErasedRowsAreNotFoundAndComeBackWhenInserted) {
  const auto vectors = clusteredVectors(200, kDimension, 4);
  addAll(vectors);
  settle();
  for (Row row = 0; row < 200; row += 3) erase(row);
  EXPECT_EQ(index_->size(), live_.size());
  erase(0);
  EXPECT_EQ(index_->size(), live_.size());
  for (Row row = 0; row < 200; row += 11) check(vectors[row], {.k = 10, .efSearch = 20});
  index_->insert(99);
  live_.insert(99);
  EXPECT_EQ(check(vectors[99], {.k = 200}), 1.0);
  for (Row row = 0; row < 200; ++row) erase(row);
  EXPECT_EQ(index_->size(), 0u);
  EXPECT_EQ(index_->pending(), 0u);
  EXPECT_TRUE(index_->search(vectors[0].data(), {}).empty());
  addAll(clusteredVectors(150, kDimension, 5));
  settle();
  EXPECT_GE(check(vectors[0], {.k = 10, .efSearch = 64}), 0.9);
}

TEST_P(IndexContract, OnlyAllowedRowsAreFound) {
  const auto vectors = clusteredVectors(500, kDimension, 6);
  addAll(vectors);
  settle();
  for (Row row = 0; row < 500; row += 5) erase(row);
  RowSet none, some;
  EXPECT_TRUE(index_->search(vectors[0].data(), {.allowed = &none}).empty());
  for (Row row = 0; row < 500; row += 2) some.insert(row);
  some.insert(1'000'000);  // not a row of this index
  EXPECT_EQ(check(vectors[1], {.k = 10, .allowed = &some}), 1.0);
  EXPECT_EQ(check(vectors[1], {.k = 1000, .allowed = &some}), 1.0);
}

TEST_P(IndexContract, EqualDistancesComeInTheOrderOfRows) {
  const auto vectors = clusteredVectors(10, kDimension, 7);
  for (int copy = 0; copy < 5; ++copy) addAll(vectors);
  settle();
  EXPECT_EQ(check(vectors[4], {.k = 50, .efSearch = 50}), 1.0);
  const auto found = index_->search(vectors[4].data(), {.k = 50});
  if (store_.space() != Space::Ip) {
    EXPECT_EQ(rowsOf({found.begin(), found.begin() + 5}), (std::vector<Row>{4, 14, 24, 34, 44}));
  }
}

TEST_P(IndexContract, ManyCopiesOfOneVector) {
  const std::vector<float> vector(kDimension, 0.5f);
  for (int i = 0; i < 300; ++i) add(vector);
  const auto other = clusteredVectors(1, kDimension, 8)[0];
  settle();
  for (const size_t k : {1u, 10u, 200u, 300u}) {
    check(vector, {.k = k});
    check(other, {.k = k});
  }
}

TEST_P(IndexContract, ZeroAndHugeVectors) {
  std::vector<float> huge(kDimension, 3e38f), negative(kDimension, -3e38f), zero(kDimension, 0);
  for (int i = 0; i < 100; ++i) {
    huge[i % kDimension] *= -1;
    add(huge);
    add(zero);
    add(negative);
  }
  settle();
  for (const auto& query : {huge, negative, zero}) {
    for (const Neighbor& neighbor : index_->search(query.data(), {.k = 20, .efSearch = 30})) {
      EXPECT_FALSE(std::isnan(neighbor.distance));
    }
    EXPECT_EQ(check(query, {.k = 300}), 1.0);
  }
}

TEST_P(IndexContract, RandomOperationsAgreeWithAModel) {
  std::mt19937 random(9);
  const auto vectors = clusteredVectors(1500, kDimension, 10);
  const auto queries = clusteredVectors(1500, kDimension, 10);
  double recallSum = 0;
  int searches = 0;
  for (size_t next = 0; next < vectors.size();) {
    switch (random() % 8) {
      case 0:
        if (store_.rows() > 0) erase(random() % store_.rows());
        break;
      case 1:
        if (links()) index_->link(random() % 8);
        break;
      case 2: {
        RowSet allowed;
        for (Row row = 0; row < store_.rows(); ++row) {
          if (random() % 3 == 0) allowed.insert(row);
        }
        const double found = check(queries[random() % queries.size()],
                                   {.k = 1 + random() % 20, .allowed = &allowed});
        if (!coded()) {
          EXPECT_EQ(found, 1.0);
        }
        recallSum += found;
        ++searches;
        break;
      }
      case 3:
        recallSum +=
            check(queries[random() % queries.size()], {.k = 1 + random() % 20, .efSearch = 64});
        ++searches;
        break;
      default: add(vectors[next++]);
    }
    ASSERT_EQ(index_->size(), live_.size());
    ASSERT_LE(index_->pending(), index_->size());
    ASSERT_FALSE(HasFailure());
  }
  EXPECT_GE(recallSum / searches, 0.95);
}

std::string contractName(const testing::TestParamInfo<std::tuple<Kind, Space>>& info) {
  const char* kinds[] = {"Flat",       "HnswPending", "HnswLinked", "FlatCoded",       "HnswCoded",
                         "HnswShorts", "FlatBinary",  "HnswBinary", "HnswBinaryShorts"};
  const char* spaces[] = {"L2", "Ip", "Cosine"};
  return std::string(kinds[static_cast<int>(std::get<Kind>(info.param))]) +
         spaces[static_cast<int>(std::get<Space>(info.param))];
}

INSTANTIATE_TEST_SUITE_P(
    Indexes, IndexContract,
    testing::Combine(testing::Values(Kind::Flat, Kind::HnswPending, Kind::HnswLinked,
                                     Kind::FlatCoded, Kind::HnswCoded, Kind::HnswShorts,
                                     Kind::FlatBinary, Kind::HnswBinary, Kind::HnswBinaryShorts),
                     testing::Values(Space::L2, Space::Ip, Space::Cosine)),
    contractName);

}  // namespace
}  // namespace pagevec
