#pragma once

#include <string_view>

namespace dplaunch {

/// Where an input of a prediction comes from: who reads one must be able to tell.
enum class Origin {
  kDefault,   ///< assumed; nobody said so
  kGiven,     ///< by the user
  kMeasured,  ///< on this or that machine
  kFitted,    ///< to measurements
};

std::string_view to_word(Origin origin);

struct Quantity {
  double value = 0;
  Origin origin = Origin::kDefault;
};

}  // namespace dplaunch
