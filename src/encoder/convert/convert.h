#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "encoder/convert/float_model.h"

namespace pagevec {

/// Token ids of texts for calibration, each with its special tokens.
using CalibrationTexts = std::vector<std::vector<int32_t>>;

/// What a model file holds besides the weights.
struct ModelTexts {
  std::string_view info;        ///< JSON: name, source, licence
  std::string_view vocabulary;  ///< vocab.txt
};

/// What is learnt from the calibration texts.
enum class CalibrationDepth : uint8_t {
  /// The mean of each channel and which are outliers: as quick as encoding the texts in f32, so a
  /// page can do it.
  Means,
  /// Also how the channels vary together, by which the rounding is chosen (LayerRounder).
  Covariance,
};

/// The .pvm file of a model. Quantized with the calibration texts' help, or by plain rounding when
/// there are none. The same input gives the same bytes, natively as in wasm without relaxed SIMD.
Bytes convertModel(const FloatModel& model, const ModelTexts& texts,
                   const CalibrationTexts& calibration,
                   CalibrationDepth depth = CalibrationDepth::Covariance);

}  // namespace pagevec
