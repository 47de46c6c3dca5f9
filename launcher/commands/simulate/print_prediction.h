#pragma once

#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

#include "launcher/model/predict_steps.h"
#include "launcher/model/score.h"

namespace dplaunch {

/// All that is printed of a simulation.
struct SimulationReport {
  Profile profile;
  AllReduceAlgorithm algorithm = AllReduceAlgorithm::kAuto;
  std::vector<StepPrediction> predictions;
  std::optional<PredictionScore> score;
};

/// An input of the prediction, in words.
struct NamedInput {
  std::string name;
  std::string value;
  Origin origin = Origin::kDefault;
};

/// Those that are known.
std::vector<NamedInput> inputs_of(const Profile& profile, AllReduceAlgorithm algorithm);

/// "1.5 us", "30.6 ms", "2.41 s".
std::string duration_text(double seconds);

void print_prediction_text(const SimulationReport& report, std::ostream& out);
void print_prediction_json(const SimulationReport& report, std::ostream& out);
void print_prediction_csv(const SimulationReport& report, std::ostream& out);

/// The measured step time on so many processes, or nothing.
std::optional<double> measured_step_s(const Profile& profile, int processes);

}  // namespace dplaunch
