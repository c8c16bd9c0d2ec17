#include "manifest.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace pagevec::archive {
namespace {

using nlohmann::json;

constexpr int kManifestFormat = 2;  // MANIFEST_FORMAT in js/src/storage/store.ts

Status wrong(const std::string& what) {
  return Status(StatusCode::Corrupt, "what the file says of a collection " + what);
}

/// The choice at a key, which may be absent where the first one is meant; nothing for an unknown one.
template <size_t n>
std::optional<uint8_t> choice(const json& object, const char* key,
                              const std::array<const char*, n>& choices) {
  if (!object.contains(key)) return 0;
  const json& value = object[key];
  const auto found = std::find(choices.begin(), choices.end(), value.is_string() ? value : json());
  if (found == choices.end()) return std::nullopt;
  return static_cast<uint8_t>(found - choices.begin());
}

bool readCount(const json& object, const char* key, uint32_t& count) {
  if (!object.contains(key) || !object[key].is_number_unsigned()) return false;
  const auto value = object[key].get<uint64_t>();
  count = static_cast<uint32_t>(std::min<uint64_t>(value, UINT32_MAX));
  return true;
}

// As checkCollectionName() in js/src/collection/validate.ts; what is printed holds no control characters.
bool isName(const std::string& name) {
  const auto inner = [](unsigned char c) {
    return std::isalnum(c) || c == '.' || c == '_' || c == '-';
  };
  const auto outer = [](unsigned char c) { return std::isalnum(c) != 0; };
  return name.size() >= 3 && name.size() <= 512 && outer(name.front()) && outer(name.back()) &&
         std::all_of(name.begin(), name.end(), inner);
}

// A part of another collection: a name of its own kind, which nobody sees.
bool isPart(const json& object, const std::string& name) {
  const json settings = object.value("configuration", json());
  return settings.is_object() && settings.contains("of") && settings["of"].is_string() &&
         std::all_of(name.begin(), name.end(),
                     [](unsigned char c) { return std::isprint(c) != 0; });
}

bool readConfig(const json& settings, CollectionConfig& config) {
  if (!settings.is_object() || !settings.contains("hnsw")) return false;
  const json& hnsw = settings["hnsw"];
  if (!hnsw.is_object() || !hnsw.contains("space")) return false;
  const auto space = choice(hnsw, "space", std::array{"l2", "ip", "cosine"});
  const auto index = choice(settings, "index", std::array{"auto", "flat", "hnsw"});
  const auto quantization =
      choice(settings, "quantization", std::array{"int8", "int4", "none", "binary"});
  const auto rescoring = choice(settings, "rescoring", std::array{"int16", "none"});
  if (!space || !index || !quantization || !rescoring) return false;
  const json keep = settings.value("keepVectors", json(true));
  if (!keep.is_boolean()) return false;
  config.space = static_cast<Space>(*space);
  config.index = static_cast<IndexKind>(*index);
  // Objects with several vectors have them in collections of their own.
  const json vectorizer = settings.value("vectorizer", json());
  if (vectorizer.is_object() && vectorizer.contains("vectors")) config.index = IndexKind::Flat;
  config.quantization = static_cast<Quantization>(*quantization);
  config.rescore = *rescoring == 0;
  config.keepVectors = keep.get<bool>();
  return readCount(hnsw, "max_neighbors", config.maxNeighbors) &&
         readCount(hnsw, "ef_construction", config.efConstruction) &&
         readCount(hnsw, "ef_search", config.efSearch);
}

}  // namespace

Result<Manifest> readManifest(const std::string& text) {
  Manifest manifest;
  manifest.json = json::parse(text, nullptr, false);
  const json& object = manifest.json;
  if (!object.is_object()) return wrong("is no JSON object");
  uint32_t format = 0;
  const bool named = object.contains("name") && object["name"].is_string();
  if (!named || !readCount(object, "format", format)) return wrong("lacks its name or its format");
  manifest.name = object["name"];
  if (!isName(manifest.name) && !isPart(object, manifest.name))
    return wrong("is no name of a collection");
  if (format > kManifestFormat) {
    return Status(StatusCode::FormatTooNew, "collection \"" + manifest.name + "\" has format " +
                                                std::to_string(format) +
                                                "; read it with a newer pagevec");
  }
  const json metadata = object.value("metadata", json());
  if (!metadata.is_null() && !Metadata::parse(metadata.dump()).ok()) {
    return wrong("of \"" + manifest.name + "\" has no such metadata");
  }
  if (!object.contains("configuration") || !readConfig(object["configuration"], manifest.config)) {
    return wrong("of \"" + manifest.name + "\" has no such configuration");
  }
  return manifest;
}

bool sameConfig(const CollectionConfig& a, const CollectionConfig& b) {
  return a.space == b.space && a.index == b.index && a.maxNeighbors == b.maxNeighbors &&
         a.efConstruction == b.efConstruction && a.quantization == b.quantization &&
         a.keepVectors == b.keepVectors && a.rescore == b.rescore;
}

}  // namespace pagevec::archive
