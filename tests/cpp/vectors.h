#pragma once

#include <algorithm>
#include <cstdint>
#include <random>
#include <vector>

#include "index/index.h"

namespace pagevec {

/// Random vectors around random centres, in an order that mixes the clusters: closer to what
/// embeddings look like than independent noise, in which nearest neighbours mean nothing.
inline std::vector<std::vector<float>> clusteredVectors(size_t count, uint32_t dimension,
                                                        uint32_t seed) {
  constexpr size_t kRowsPerCluster = 50;
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  std::vector<std::vector<float>> centres(count / kRowsPerCluster + 1,
                                          std::vector<float>(dimension));
  for (auto& centre : centres) {
    for (float& value : centre) value = normal(random);
  }
  std::vector<std::vector<float>> vectors(count);
  for (auto& vector : vectors) {
    vector = centres[random() % centres.size()];
    for (float& value : vector) value += 0.5f * normal(random);
  }
  return vectors;
}

/// Each row below `rows` with a probability of share.
inline RowSet randomRows(Row rows, double share, std::mt19937& random) {
  RowSet some;
  for (Row row = 0; row < rows; ++row) {
    if (random() < share * static_cast<double>(std::mt19937::max())) some.insert(row);
  }
  return some;
}

inline void appendAll(VectorStore& store, const std::vector<std::vector<float>>& vectors) {
  for (const auto& vector : vectors) store.append(vector.data());
}

inline VectorStore::Query prepared(const VectorStore& store, const float* values) {
  VectorStore::Query query;
  store.prepare(values, query);
  return query;
}

/// The k nearest of rows by sorting all of them.
inline std::vector<Neighbor> sortedNeighbors(const VectorStore& store, const RowSet& rows,
                                             const float* query, size_t k) {
  std::vector<Neighbor> all;
  const VectorStore::Query from = prepared(store, query);
  rows.forEach([&](Row row) { all.push_back({store.distance(from, row), row}); });
  std::sort(all.begin(), all.end());
  all.resize(std::min(all.size(), k));
  return all;
}

inline std::vector<Row> rowsOf(const std::vector<Neighbor>& neighbors) {
  std::vector<Row> rows;
  for (const Neighbor& neighbor : neighbors) rows.push_back(neighbor.row);
  return rows;
}

/// The share of expected that found holds; 1 when nothing is expected.
inline double recall(const std::vector<Neighbor>& found, const std::vector<Neighbor>& expected) {
  if (expected.empty()) return 1;
  std::vector<Row> rows = rowsOf(found);
  size_t hits = 0;
  for (const Neighbor& neighbor : expected) {
    hits += std::find(rows.begin(), rows.end(), neighbor.row) != rows.end();
  }
  return static_cast<double>(hits) / static_cast<double>(expected.size());
}

}  // namespace pagevec
