#pragma once

#include <string>
#include <vector>

#include "launcher/commands/compare/compared_side.h"
#include "launcher/commands/compare/paired_figure.h"

namespace dplaunch {

/// What a reader has to know of these figures: their unit, what is not in the interval, runs
/// without a counterpart, files that could not be read.
std::vector<std::string> notes_of(const ComparedSide& a, const ComparedSide& b,
                                  const std::vector<RunPair>& pairs,
                                  const std::vector<PairedFigure>& figures);

}  // namespace dplaunch
