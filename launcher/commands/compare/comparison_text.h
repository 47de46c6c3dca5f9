#pragma once

#include <string>
#include <vector>

#include "launcher/commands/compare/compared_side.h"
#include "launcher/commands/compare/comparison_notes.h"
#include "launcher/commands/compare/paired_figure.h"
#include "launcher/runs/differing_keys.h"

namespace dplaunch {

/// All that `dplaunch compare` says.
struct RunsComparison {
  const ComparedSide& a;
  const ComparedSide& b;
  std::vector<DifferingKey> keys;  ///< of two values each
  std::vector<PairedFigure> figures;
  std::vector<std::string> notes;
};

/// For people: lines of plain text.
std::string comparison_text(const RunsComparison& comparison);
/// For programs: an object on one line; docs/comparing.md lists the keys.
std::string comparison_json(const RunsComparison& comparison);

}  // namespace dplaunch
