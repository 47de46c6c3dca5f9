#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/files/json_fields.h"
#include "launcher/scale/accuracy_results.h"
#include "launcher/scale/analysis.h"
#include "launcher/scale/bounds.h"
#include "launcher/scale/causes.h"
#include "launcher/scale/experiment.h"
#include "launcher/scale/model_inputs.h"
#include "launcher/scale/prediction.h"

namespace dplaunch {

/// Everything that an experiment has to say.
struct ScaleReport {
  Experiment experiment;
  std::vector<RunRecord> records;
  std::vector<PointResult> results;
  std::optional<SpeedupBounds> bounds;   ///< of the trainer's points
  std::vector<AccuracyResult> accuracy;  ///< with --until-accuracy
  struct PointCauses {
    std::string point;
    std::vector<Cause> causes;
  };
  std::vector<PointCauses> causes;  ///< of each of the trainer's points with several processes
  std::optional<NextPrediction> prediction;
};
ScaleReport make_report(Experiment experiment, std::vector<RunRecord> records,
                        const ModelInputs& inputs);

/// Whether the machine has too few cores for some of the processes, so that no efficiency of theirs
/// says anything of the program.
bool is_beyond_cores(const ScaleReport& report);

/// The tables and the answer in words, for a terminal. Times first, then ratios; an interval of 95%
/// stands in brackets.
std::string scale_text(const ScaleReport& report);
/// The same without the tables.
std::string scale_words(const ScaleReport& report);
/// scale.json; docs/scaling.md lists the keys.
Json scale_json(const ScaleReport& report);
/// A row for each point.
std::string scale_csv(const ScaleReport& report);

}  // namespace dplaunch
