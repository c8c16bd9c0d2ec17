#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/status.h"
#include "index/codes.h"
#include "lexical/bm25.h"
#include "lexical/highlight.h"
#include "lexical/ranked_search.h"

namespace pagevec {

/// A search by vector, by keywords, or by both and fused.
struct StaticRequest : SearchSettings {
  std::span<const float> vector;  ///< empty: not by vector
  /// null: not by keywords; nor with a vector and no weight for keywords.
  std::optional<std::string_view> text;
  size_t probes = 0;  ///< clusters to look into
};

/// A static index (docs/static.md) of which parts are there: those that were asked for so far. It says
/// which parts a search needs; who has the files brings them. Once they are there, an answer is the
/// one that the whole index gives. Documents are known by number.
class StaticReader {
 public:
  /// lengths: of writeLengths(). firsts: the first term of each shard of terms, ascending.
  static Result<std::unique_ptr<StaticReader>> open(ByteView lengths,
                                                    std::vector<std::string> firsts);

  /// The shards of terms that searchKeywords() needs and that are not there. No fuzzy words and no
  /// stems: they would need them all.
  std::vector<uint32_t> termShardsFor(std::string_view text, PrefixWords prefix) const;
  /// Corrupt, and nothing changes, when it is not that shard; InvalidArgument for no shard's number.
  Status addTermShard(uint32_t shard, ByteView bytes);
  /// As Bm25::search().
  std::vector<ScoredSlot> searchKeywords(std::string_view text, const KeywordOptions& options,
                                         size_t k);
  /// As highlight(), of each of the documents: texts as pages show them.
  std::vector<std::vector<Passage>> passagesOf(std::string_view text,
                                               const SearchSettings& settings,
                                               std::span<const std::string> documents);

  /// The middles of the clusters: u32 dimension, then rows (coded_rows.h). InvalidArgument for the
  /// second time.
  Status addCentroids(ByteView bytes);
  /// 0 without centroids.
  uint32_t dimension() const { return dimension_; }
  /// The clusters to search in, nearest first, at most `probes`. DimensionMismatch for another number of
  /// floats than dimension(); NotFinite, or InvalidArgument for values beyond kMaxMagnitude.
  Result<std::vector<uint32_t>> clustersNear(std::span<const float> query, size_t probes) const;
  bool hasCluster(uint32_t cluster) const {
    return cluster < clusters_.size() && clusters_[cluster].there;
  }
  /// A cluster: varint count, varints of the difference of each document's number from the one before
  /// (the first from -1), then their rows. Errors as of addTermShard().
  Status addCluster(uint32_t cluster, ByteView bytes);
  /// The k documents of these clusters with the largest cosine, as far as the clusters are there.
  std::vector<ScoredSlot> searchVectors(std::span<const float> query,
                                        std::span<const uint32_t> clusters, size_t k) const;
  /// The answer, as Collection::search() gives it, of the parts that are there: shards of termShardsFor(),
  /// clusters of clustersNear(). Errors as of clustersNear(); InvalidArgument for settings out of range.
  Result<std::vector<FusedSlot>> search(const StaticRequest& request);
  /// The vector of a document of a cluster that is there; else empty.
  std::vector<float> vectorOf(uint32_t cluster, uint32_t document) const;

  /// A text's words, folded, with a space between them: what suggestions are found by.
  std::string fold(std::string_view text) const;

 private:
  struct Cluster {
    bool there = false;
    Row first = 0;
    Row end = 0;
  };

  StaticReader(std::vector<uint32_t> lengths, std::vector<std::string> firsts)
      : postings_(std::move(lengths)),
        bm25_(postings_),
        firsts_(std::move(firsts)),
        loaded_(firsts_.size()) {}
  size_t shardOf(std::string_view term) const;
  Result<std::vector<uint32_t>> readNumbers(ByteReader& reader) const;
  CodeQuery queryOf(std::span<const float> query) const;

  Postings postings_;
  Bm25 bm25_;
  std::vector<std::string> firsts_;
  std::vector<bool> loaded_;  // by shard of terms
  uint32_t dimension_ = 0;
  std::unique_ptr<Codes> centroids_;
  std::vector<Cluster> clusters_;
  std::unique_ptr<Codes> codes_;
  std::vector<uint32_t> documents_;  // by row
};

}  // namespace pagevec
