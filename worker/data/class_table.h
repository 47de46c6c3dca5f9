#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/data_set.h"

namespace dplaunch {

/// What a data set's folder says of its classes.
struct ClassTable {
  std::vector<std::string> fine_names;    ///< by label; the label's number where there is no name
  std::vector<std::string> coarse_names;  ///< the same of the superclasses
  /// The superclass of each fine class, as the records have it; -1 for a class without a record.
  /// Empty if two records contradict each other.
  std::vector<std::int64_t> coarse_of_fine;
  std::vector<std::string> warnings;  ///< what is odd, and therefore not used
};

/// Reads all of test.bin, and train.bin too where that has not every class. Throws Error(kData) for
/// a damaged record.
ClassTable read_class_table(const DataSet& data);

}  // namespace dplaunch
