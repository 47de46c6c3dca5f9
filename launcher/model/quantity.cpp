#include "launcher/model/quantity.h"

namespace dplaunch {

std::string_view to_word(Origin origin) {
  switch (origin) {
    case Origin::kDefault:
      return "default";
    case Origin::kGiven:
      return "given";
    case Origin::kMeasured:
      return "measured";
    case Origin::kFitted:
      break;
  }
  return "fitted";
}

}  // namespace dplaunch
