#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "base/status.h"
#include "collection/collection.h"

namespace pagevec::archive {

/// What a file says of a collection, as the TypeScript package makes it
/// (js/src/database/archive-manifest.ts).
struct Manifest {
  std::string name;
  nlohmann::json json;
  CollectionConfig config;
};

/// Corrupt for what is no such manifest, FormatTooNew for one of a later version.
Result<Manifest> readManifest(const std::string& json);

/// Whether a snapshot was made with this configuration; efSearch may have been changed since.
bool sameConfig(const CollectionConfig& a, const CollectionConfig& b);

}  // namespace pagevec::archive
