#pragma once

#include <cstdint>
#include <vector>

#include "base/bytes.h"
#include "base/status.h"

namespace pagevec {

/// The middles of `clusters` clusters of rows (coded_rows.h), as rows of norm 1: spherical k-means (Dhillon
/// and Modha, "Concept Decompositions for Large Sparse Text Data Using Clustering", 2001) of at most
/// 64 rows a cluster, from rows evenly apart. The same rows give the same bytes. No more clusters than
/// rows. Corrupt for what is no rows.
Result<Bytes> trainCentroids(ByteView rows, uint32_t dimension, uint32_t clusters);

/// The nearest centroid of each row.
Result<std::vector<uint32_t>> nearestCentroids(ByteView rows, ByteView centroids,
                                               uint32_t dimension);

/// How many clusters a search must look into.
struct Probes {
  uint32_t count = 0;
  float recall = 0;  ///< of the sample
};

/// The least number of clusters in which, on average, the share `target` of a row's k nearest others
/// lie, tried with at most 300 rows evenly apart. Distances are those of the codes. clusters: of
/// nearestCentroids().
Result<Probes> probesFor(ByteView rows, ByteView centroids, const std::vector<uint32_t>& clusters,
                         uint32_t dimension, uint32_t k, float target);

}  // namespace pagevec
