#include "index/vector_store.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <cstring>
#include <random>
#include <vector>

#include "base/crc32c.h"
#include "vectors.h"

namespace pagevec {
namespace {

std::vector<float> rowValues(uint32_t row, uint32_t dimension) {
  std::vector<float> values(dimension);
  for (uint32_t i = 0; i < dimension; ++i) values[i] = static_cast<float>(row * 31 + i) + 0.5f;
  return values;
}

class VectorStoreTest : public testing::TestWithParam<uint32_t> {};

// Enough rows for several blocks at every dimension.
TEST_P(VectorStoreTest, KeepsRowsWhereTheyAreWhileGrowing) {
  const uint32_t dimension = GetParam();
  for (const Space space : {Space::L2, Space::Cosine}) {
    VectorStore store(space, dimension);
    const uint32_t rows = 3 * 262'144 / (4 * ((dimension + 3) / 4 * 4)) + 5;
    std::vector<const float*> places;
    for (uint32_t row = 0; row < rows; ++row) {
      EXPECT_EQ(store.append(rowValues(row, dimension).data()), row);
      places.push_back(store.vector(row).data());
    }
    ASSERT_EQ(store.rows(), rows);
    for (uint32_t row = 0; row < rows; ++row) {
      const std::span<const float> vector = store.vector(row);
      ASSERT_EQ(vector.data(), places[row]);
      ASSERT_EQ(reinterpret_cast<uintptr_t>(vector.data()) % 16, 0u);
      ASSERT_EQ(std::vector<float>(vector.begin(), vector.end()), rowValues(row, dimension));
    }
    EXPECT_GE(store.bytes(), size_t{rows} * dimension * sizeof(float));
    EXPECT_LE(store.bytes(), (rows + 1) * ((dimension + 3) / 4 * 4 + 1) * sizeof(float) + 600'000);
  }
}

INSTANTIATE_TEST_SUITE_P(Dimensions, VectorStoreTest,
                         testing::Values(1, 3, 4, 5, 384, 385, 1536, 65'536, 70'001));

// Of memory that was used before: the sanitizers fill it, too.
TEST(RowBlocks, PaddingOfWrittenRowsIsZero) {
  for (const size_t bytes : {1u, 17u, 32u, 70u}) {
    for (int round = 0; round < 2; ++round) {
      RowBlocks blocks = RowBlocks::ofWrittenRows(bytes);
      blocks.grow(100);
      for (size_t row = 0; row < 100; ++row) {
        for (size_t i = bytes; i < blocks.stride(); ++i) EXPECT_EQ(blocks.row(row)[i], 0);
        std::memset(blocks.row(row), 0xFF, blocks.stride());
      }
    }
  }
}

uint32_t sumOfRows(const VectorStore& store) {
  std::vector<float> row(store.dimension());
  uint32_t sum = 0;
  for (Row i = 0; i < store.rows(); ++i) {
    store.approximate(i, row.data());
    sum = crc32c({reinterpret_cast<const uint8_t*>(row.data()), row.size() * sizeof(float)}, sum);
  }
  return sum;
}

// Native ones and those of WebAssembly, where this test runs too.
TEST(VectorStore, CodesAndSixteenBitsAreTheSameInEveryBuild) {
  const uint32_t dimension = 70;
  VectorStore sixteen(Space::Cosine, dimension, {Quantization::Int8, Precision::Int16});
  VectorStore codes7(Space::Cosine, dimension, {Quantization::Int8, Precision::Codes});
  VectorStore codes4(Space::Cosine, dimension, {Quantization::Int4, Precision::Codes});
  std::mt19937 random(7);
  std::vector<float> values(dimension);
  for (Row row = 0; row < VectorStore::kSettleRows + 100; ++row) {
    for (float& value : values) value = static_cast<float>(random() >> 8) / 8'388'608.0f - 1;
    for (VectorStore* store : {&sixteen, &codes7, &codes4}) store->append(values.data());
  }
  EXPECT_EQ(sumOfRows(sixteen), 195722184u);
  EXPECT_EQ(sumOfRows(codes7), 3567284607u);
  EXPECT_EQ(sumOfRows(codes4), 1097759058u);
}

TEST(VectorStore, StartsEmptyAndGrowsByTheBlock) {
  VectorStore store(Space::L2, 384);
  EXPECT_EQ(store.rows(), 0u);
  EXPECT_EQ(store.bytes(), 0u);
  store.append(rowValues(0, 384).data());
  EXPECT_LE(store.bytes(), 300'000u);
}

TEST(VectorStore, DistancesEqualTheFaceOfDistance) {
  std::mt19937 random(7);
  std::normal_distribution<float> normal;
  for (const Space space : {Space::L2, Space::Ip, Space::Cosine}) {
    for (const uint32_t dimension : {1u, 2u, 7u, 64u, 385u}) {
      VectorStore store(space, dimension);
      std::vector<std::vector<float>> vectors(40, std::vector<float>(dimension));
      for (size_t i = 0; i < vectors.size(); ++i) {
        for (float& value : vectors[i]) value = i == 3 ? 0 : normal(random);
        store.append(vectors[i].data());
      }
      for (Row a = 0; a < vectors.size(); ++a) {
        const VectorStore::Query query = prepared(store, vectors[a].data());
        for (Row b = 0; b < vectors.size(); ++b) {
          const float expected = distance(space, vectors[a].data(), vectors[b].data(), dimension);
          EXPECT_EQ(store.distance(query, b), expected);
        }
      }
    }
  }
}

TEST(VectorStore, AZeroVectorIsAtCosineDistanceOne) {
  VectorStore store(Space::Cosine, 3);
  const float zero[] = {0, 0, 0};
  const float one[] = {0, 2, 0};
  store.append(zero);
  store.append(one);
  EXPECT_EQ(store.distance(prepared(store, zero), 1), 1);
  EXPECT_EQ(store.distance(prepared(store, zero), 0), 1);
  EXPECT_EQ(prepared(store, zero).inverseNorm, 0);
  EXPECT_EQ(prepared(store, one).inverseNorm, 0.5f);
  EXPECT_EQ(store.distance(prepared(store, one), 1), 0);
}

// Whatever the rows' sizes: what is beyond the codes counts too.
TEST(VectorStore, TwoBytesADimensionAreEnoughForDistances) {
  const uint32_t dimension = 384;
  auto vectors = clusteredVectors(VectorStore::kSettleRows + 200, dimension, 3);
  for (size_t i = 0; i < vectors.size(); i += 70) vectors[i][i % dimension] *= 8;
  for (const Space space : {Space::L2, Space::Ip, Space::Cosine}) {
    for (const Quantization codes :
         {Quantization::Int8, Quantization::Int4, Quantization::Binary}) {
      VectorStore store(space, dimension, {codes, Precision::Int16});
      appendAll(store, vectors);
      ASSERT_TRUE(store.coded());
      for (size_t q = 0; q < vectors.size(); q += 100) {
        const VectorStore::Query query = prepared(store, vectors[q].data());
        const float norm = 1 / inverseNorm(vectors[q].data(), dimension);
        for (Row row = 0; row < store.rows(); ++row) {
          const float exact = distance(space, vectors[q].data(), vectors[row].data(), dimension);
          const float other = 1 / inverseNorm(vectors[row].data(), dimension);
          const float norms = space == Space::L2   ? (norm + other) * (norm + other)
                              : space == Space::Ip ? norm * other
                                                   : 1;
          ASSERT_NEAR(store.distance(query, row), exact, 5e-5 * norms)
              << "row " << row << ", quantization " << static_cast<int>(codes);
        }
      }
    }
  }
}

}  // namespace
}  // namespace pagevec
