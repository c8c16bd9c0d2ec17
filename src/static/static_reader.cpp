#include "static/static_reader.h"

#include <algorithm>
#include <cmath>

#include "distance/vector_limits.h"
#include "index/scan.h"
#include "lexical/sort_keys.h"
#include "static/coded_rows.h"
#include "static/term_shard.h"

namespace pagevec {
namespace {

Status noSuch(const char* what, uint32_t number, size_t count) {
  return {StatusCode::InvalidArgument, std::string(what) + " " + std::to_string(number) +
                                           " is asked for, the index has " + std::to_string(count)};
}

}  // namespace

Result<std::unique_ptr<StaticReader>> StaticReader::open(ByteView lengths,
                                                         std::vector<std::string> firsts) {
  Result<std::vector<uint32_t>> counted = readLengths(lengths);
  if (!counted.ok()) return counted.status();
  for (size_t i = 0; i < firsts.size(); ++i) {
    if (firsts[i].empty() || (i > 0 && firsts[i] <= firsts[i - 1])) {
      return Status(StatusCode::Corrupt,
                    "the shards of words are out of order; build the index anew");
    }
  }
  return std::unique_ptr<StaticReader>(
      new StaticReader(std::move(counted.value()), std::move(firsts)));
}

// The last shard that does not begin after the term; the first when there is none.
size_t StaticReader::shardOf(std::string_view term) const {
  const auto after = std::upper_bound(firsts_.begin(), firsts_.end(), term);
  return after == firsts_.begin() ? 0 : static_cast<size_t>(after - firsts_.begin()) - 1;
}

std::vector<uint32_t> StaticReader::termShardsFor(std::string_view text, PrefixWords prefix) const {
  std::vector<std::string> words;
  SearchWordReader reader(text, postings_.classes(), SearchWordReader::Side::Query);
  for (SearchWord word; reader.next(word);) words.emplace_back(word.term);
  std::vector<bool> needed(firsts_.size());
  for (size_t i = 0; i < words.size() && !firsts_.empty(); ++i) {
    const bool begins =
        prefix == PrefixWords::All || (prefix == PrefixWords::Last && words[i] == words.back());
    const size_t last = begins ? shardOf(words[i] + '\xFF') : shardOf(words[i]);
    for (size_t shard = shardOf(words[i]); shard <= last; ++shard) needed[shard] = true;
  }
  std::vector<uint32_t> shards;
  for (uint32_t shard = 0; shard < needed.size(); ++shard) {
    if (needed[shard] && !loaded_[shard]) shards.push_back(shard);
  }
  return shards;
}

Status StaticReader::addTermShard(uint32_t shard, ByteView bytes) {
  if (shard >= firsts_.size()) return noSuch("shard of words", shard, firsts_.size());
  if (loaded_[shard]) return {};
  const std::string_view end =
      shard + 1 < firsts_.size() ? std::string_view(firsts_[shard + 1]) : std::string_view();
  const Status status = readTermShard(bytes, firsts_[shard], end, postings_);
  loaded_[shard] = status.ok();
  return status;
}

std::vector<ScoredSlot> StaticReader::searchKeywords(std::string_view text,
                                                     const KeywordOptions& options, size_t k) {
  return bm25_.search(expandQuery(postings_, text, options), options, k, nullptr);
}

std::vector<std::vector<Passage>> StaticReader::passagesOf(std::string_view text,
                                                           const SearchSettings& settings,
                                                           std::span<const std::string> documents) {
  const std::vector<QueryWord> words = expandQuery(postings_, text, settings.keyword);
  std::vector<std::vector<Passage>> passages;
  for (const std::string& document : documents) {
    passages.push_back(
        highlight(postings_, words, document, settings.passages, settings.passageLength));
  }
  return passages;
}

Status StaticReader::addCentroids(ByteView bytes) {
  if (dimension_ != 0) return {StatusCode::InvalidArgument, "the centroids are there already"};
  ByteReader reader(bytes);
  const auto dimension = reader.number<uint32_t>();
  if (!reader.ok() || dimension == 0 || dimension > kMaxDimension) {
    return {StatusCode::Corrupt, "the file of centroids is none; build the index anew"};
  }
  // Rows have scales of their own: no common one is needed to read them.
  auto codes = std::make_unique<Codes>(Codes::withClip(Space::Cosine, dimension, 1));
  if (Status status = appendRows(reader.raw(reader.remaining()), dimension, *codes); !status.ok()) {
    return status;
  }
  clusters_.resize(codes->rows());
  codes_ = std::make_unique<Codes>(codes->emptyTwin());
  centroids_ = std::move(codes);
  dimension_ = dimension;
  return {};
}

CodeQuery StaticReader::queryOf(std::span<const float> query) const {
  std::vector<float> unit(query.begin(), query.end());
  normalize(unit);
  CodeQuery prepared;
  codes_->setQuery(unit.data(), prepared);
  return prepared;
}

Result<std::vector<uint32_t>> StaticReader::clustersNear(std::span<const float> query,
                                                         size_t probes) const {
  const size_t bad = firstUnusableValue(query);
  if (bad < query.size()) {
    // Not unusableValue(): printing a float takes a tenth of the module that pages load.
    const bool large = std::isfinite(query[bad]);
    return Status(large ? StatusCode::InvalidArgument : StatusCode::NotFinite,
                  "the query's value at position " + std::to_string(bad) +
                      (large ? " is beyond 1e16; scale the vector"
                             : " is NaN or an infinity; embeddings must be finite numbers"));
  }
  if (query.size() != dimension_) {
    return Status(StatusCode::DimensionMismatch, "the query has " + std::to_string(query.size()) +
                                                     " dimensions, the index has " +
                                                     std::to_string(dimension_));
  }
  std::vector<uint32_t> found;
  for (const Neighbor& near : nearestRows(*centroids_, queryOf(query), probes)) {
    found.push_back(near.row);
  }
  return found;
}

// The numbers of a cluster's documents.
Result<std::vector<uint32_t>> StaticReader::readNumbers(ByteReader& reader) const {
  const Status corrupt(StatusCode::Corrupt,
                       "a cluster does not hold what it says; build the index anew and publish "
                       "all of it");
  const uint32_t count = reader.varint();
  if (count > reader.remaining()) return corrupt;
  std::vector<uint32_t> numbers(count);
  uint64_t next = 0;
  for (uint32_t& number : numbers) {
    const uint32_t difference = reader.varint();
    next += difference;
    if (difference == 0 || next > postings_.documentEnd()) return corrupt;
    number = static_cast<uint32_t>(next - 1);
    if (postings_.slotOf(number) == Postings::kNoSlot) return corrupt;
  }
  if (!reader.ok() || reader.remaining() != count * codedRowBytes(dimension_)) return corrupt;
  return numbers;
}

Status StaticReader::addCluster(uint32_t cluster, ByteView bytes) {
  if (cluster >= clusters_.size()) return noSuch("cluster", cluster, clusters_.size());
  if (clusters_[cluster].there) return {};
  ByteReader reader(bytes);
  const Result<std::vector<uint32_t>> numbers = readNumbers(reader);
  if (!numbers.ok()) return numbers.status();
  const Row first = codes_->rows();
  if (Status status = appendRows(reader.raw(reader.remaining()), dimension_, *codes_);
      !status.ok()) {
    return status;
  }
  documents_.insert(documents_.end(), numbers->begin(), numbers->end());
  clusters_[cluster] = {true, first, codes_->rows()};
  return {};
}

std::vector<ScoredSlot> StaticReader::searchVectors(std::span<const float> query,
                                                    std::span<const uint32_t> clusters,
                                                    size_t k) const {
  if (dimension_ == 0 || query.size() != dimension_) return {};
  const CodeQuery prepared = queryOf(query);
  TopK nearest(std::min<size_t>(k, documents_.size()));
  const auto offer = [&](Neighbor near) { nearest.offer({near.distance, documents_[near.row]}); };
  for (const uint32_t number : clusters) {
    if (!hasCluster(number)) continue;
    scanRows(*codes_, prepared, clusters_[number].first, clusters_[number].end, offer);
  }
  std::vector<ScoredSlot> found;
  for (const Neighbor& neighbor : nearest.take()) {
    found.push_back({neighbor.row, 1 - neighbor.distance});
  }
  return found;
}

Result<std::vector<FusedSlot>> StaticReader::search(const StaticRequest& request) {
  if (Status status = checkSettings(request); !status.ok()) return status;
  const bool byVector = !request.vector.empty();
  const bool byKeywords = findsByWords(request.text.has_value(), byVector, request);
  std::vector<ScoredSlot> near, matching;
  if (byVector) {
    const auto clusters = clustersNear(request.vector, request.probes);
    if (!clusters.ok()) return clusters.status();
    near = searchVectors(request.vector, clusters.value(), request.candidates);
  }
  if (byKeywords) matching = searchKeywords(*request.text, request.keyword, request.candidates);
  return answerOf({near, matching}, byVector && byKeywords, request);
}

std::vector<float> StaticReader::vectorOf(uint32_t cluster, uint32_t document) const {
  if (!hasCluster(cluster)) return {};
  const auto begin = documents_.begin() + clusters_[cluster].first;
  const auto end = documents_.begin() + clusters_[cluster].end;
  const auto found = std::lower_bound(begin, end, document);
  if (found == end || *found != document) return {};
  std::vector<float> vector(dimension_);
  codes_->decode(static_cast<Row>(found - documents_.begin()), vector.data());
  return vector;
}

std::string StaticReader::fold(std::string_view text) const {
  std::string folded;
  SearchWordReader reader(text, postings_.classes(), SearchWordReader::Side::Query);
  for (SearchWord word; reader.next(word);) {
    if (!folded.empty()) folded += ' ';
    folded += word.term;
  }
  return folded;
}

}  // namespace pagevec
