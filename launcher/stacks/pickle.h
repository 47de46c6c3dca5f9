#pragma once

#include <string_view>

#include "base/files/json_fields.h"

namespace dplaunch {

/// The value of a pickle of protocol 2 (Python's pickletools.py) that is made of dictionaries with
/// texts as keys, lists, tuples, texts and numbers, as PyTorch's C++ writes its records. A tuple is
/// an array. A list or dictionary that stands there several times has to be whole where it is
/// remembered, as it is in theirs and not in Python's. Nothing is imported or called. Discarded
/// (is_discarded()) for one that is cut off or made of anything else, or that is nested deeper than
/// kMaxJsonDepth.
Json parse_pickle(std::string_view pickle);

}  // namespace dplaunch
