#include "static/clusters.h"

#include <algorithm>

#include "distance/distance.h"
#include "static/coded_rows.h"

namespace pagevec {
namespace {

constexpr size_t kSamplePerCluster = 64;
constexpr int kRounds = 10;
constexpr size_t kTriedRows = 300;

Result<Codes> codesFrom(ByteView rows, uint32_t dimension) {
  Codes codes = Codes::withClip(Space::Cosine, dimension, 1);
  if (Status status = appendRows(rows, dimension, codes); !status.ok()) return status;
  return codes;
}

/// Vectors of norm 1, one after another.
struct Vectors {
  std::vector<float> values;
  uint32_t dimension;

  size_t count() const { return values.size() / dimension; }
  const float* at(size_t i) const { return &values[i * dimension]; }
  float* at(size_t i) { return &values[i * dimension]; }
};

// count vectors of codes, evenly apart.
Vectors sampleOf(const Codes& codes, uint32_t dimension, size_t count) {
  Vectors sample{std::vector<float>(count * dimension), dimension};
  for (size_t i = 0; i < count; ++i) {
    codes.decode(static_cast<Row>(i * codes.rows() / count), sample.at(i));
    normalize({sample.at(i), dimension});
  }
  return sample;
}

size_t nearestOf(const Vectors& centroids, const float* vector) {
  size_t nearest = 0;
  float best = -2;
  for (size_t i = 0; i < centroids.count(); ++i) {
    const float product = activeKernels().dot(vector, centroids.at(i), centroids.dimension);
    if (product > best) nearest = i;
    best = std::max(best, product);
  }
  return nearest;
}

// Each centroid becomes the direction of the sum of the vectors nearest to it, or stays when there are
// none.
void moveCentroids(const Vectors& sample, Vectors& centroids) {
  const uint32_t dimension = sample.dimension;
  Vectors sums{std::vector<float>(centroids.values.size()), dimension};
  std::vector<bool> any(centroids.count());
  for (size_t i = 0; i < sample.count(); ++i) {
    const size_t nearest = nearestOf(centroids, sample.at(i));
    any[nearest] = true;
    for (uint32_t d = 0; d < dimension; ++d) sums.at(nearest)[d] += sample.at(i)[d];
  }
  for (size_t i = 0; i < centroids.count(); ++i) {
    if (!any[i]) continue;
    normalize({sums.at(i), dimension});
    std::copy_n(sums.at(i), dimension, centroids.at(i));
  }
}

// By cluster the place in the order of nearness to a row.
std::vector<uint32_t> ranksOf(const Codes& centroids, const CodeQuery& query) {
  const std::vector<Neighbor> order = nearestRows(centroids, query, centroids.rows());
  std::vector<uint32_t> ranks(order.size());
  for (uint32_t i = 0; i < order.size(); ++i) ranks[order[i].row] = i;
  return ranks;
}

std::vector<Neighbor> nearestOthers(const Codes& codes, const CodeQuery& query, Row own,
                                    uint32_t k) {
  std::vector<Neighbor> nearest = nearestRows(codes, query, size_t{k} + 1);
  std::erase_if(nearest, [&](const Neighbor& neighbor) { return neighbor.row == own; });
  nearest.resize(std::min<size_t>(nearest.size(), k));
  return nearest;
}

}  // namespace

Result<Bytes> trainCentroids(ByteView rows, uint32_t dimension, uint32_t clusters) {
  const Result<Codes> codes = codesFrom(rows, dimension);
  if (!codes.ok()) return codes.status();
  const size_t count = std::min<size_t>(clusters, codes->rows());
  const Vectors sample = sampleOf(codes.value(), dimension,
                                  std::min<size_t>(codes->rows(), count * kSamplePerCluster));
  Vectors centroids = sampleOf(codes.value(), dimension, count);
  for (int round = 0; round < kRounds; ++round) moveCentroids(sample, centroids);
  if (count == 0) return Bytes();
  return encodeRows(centroids.values, dimension, clipFor(centroids.values, dimension));
}

Result<std::vector<uint32_t>> nearestCentroids(ByteView rows, ByteView centroidRows,
                                               uint32_t dimension) {
  const Result<Codes> codes = codesFrom(rows, dimension);
  if (!codes.ok()) return codes.status();
  const Result<Codes> centroids = codesFrom(centroidRows, dimension);
  if (!centroids.ok()) return centroids.status();
  if (centroids->rows() == 0 && codes->rows() > 0) {
    return Status(StatusCode::InvalidArgument, "there are rows but no centroids");
  }
  std::vector<uint32_t> nearest;
  for (Row row = 0; row < codes->rows(); ++row) {
    CodeQuery query;
    codes->setQuery(row, query);
    nearest.push_back(nearestRows(centroids.value(), query, 1)[0].row);
  }
  return nearest;
}

Result<Probes> probesFor(ByteView rows, ByteView centroidRows,
                         const std::vector<uint32_t>& clusters, uint32_t dimension, uint32_t k,
                         float target) {
  const Result<Codes> codes = codesFrom(rows, dimension);
  if (!codes.ok()) return codes.status();
  const Result<Codes> centroids = codesFrom(centroidRows, dimension);
  if (!centroids.ok()) return centroids.status();
  const auto known = [&](uint32_t cluster) { return cluster < centroids->rows(); };
  if (clusters.size() != codes->rows() || !std::all_of(clusters.begin(), clusters.end(), known)) {
    return Status(StatusCode::InvalidArgument, "each row needs the number of its cluster");
  }
  std::vector<uint32_t> foundAt(centroids->rows());  // by place of the cluster
  uint32_t all = 0;
  const size_t tries = std::min<size_t>(kTriedRows, codes->rows());
  for (size_t i = 0; i < tries; ++i) {
    const auto row = static_cast<Row>(i * codes->rows() / tries);
    CodeQuery query;
    codes->setQuery(row, query);
    const std::vector<uint32_t> ranks = ranksOf(centroids.value(), query);
    for (const Neighbor& near : nearestOthers(codes.value(), query, row, k)) {
      ++foundAt[ranks[clusters[near.row]]];
      ++all;
    }
  }
  Probes probes{0, all == 0 ? 1.0f : 0.0f};
  uint32_t found = 0;
  while (probes.count < foundAt.size() && (probes.count == 0 || probes.recall < target)) {
    found += foundAt[probes.count++];
    if (all > 0) probes.recall = static_cast<float>(found) / static_cast<float>(all);
  }
  return probes;
}

}  // namespace pagevec
