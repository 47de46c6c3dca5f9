#include "launcher/commands/simulate/print_prediction.h"

#include <fmt/core.h>

#include <array>
#include <cmath>
#include <ostream>
#include <utility>

#include "base/files/json_fields.h"
#include "base/text/printable.h"
#include "base/text/text_table.h"
#include "launcher/statistics/median_interval.h"

namespace dplaunch {
namespace {

constexpr std::array<std::pair<const char*, double StepParts::*>, 6> kParts = {{
    {"compute", &StepParts::compute_s},
    {"input wait", &StepParts::input_wait_s},
    {"exposed", &StepParts::exposed_s},
    {"straggler", &StepParts::straggler_s},
    {"amortised", &StepParts::amortised_s},
    {"unexplained", &StepParts::unexplained_s},
}};

/// As a name in JSON and CSV: "input wait" -> "prediction_input_wait_seconds".
std::string field_name(std::string part) {
  for (char& c : part) {
    if (c == ' ') c = '_';
  }
  return "prediction_" + part + "_seconds";
}

double speed_up(const StepPrediction& prediction) {
  return prediction.efficiency() * prediction.processes;
}

/// Four digits that count, and no exponent.
std::string figure_text(double figure) {
  constexpr double kFourDigits = 1000;
  return figure < kFourDigits ? fmt::format("{:.4g}", figure) : fmt::format("{:.0f}", figure);
}

std::string ms_text(double seconds) {
  return figure_text(seconds * 1e3);
}

/// The parts that are a part of any row: a column of zeros says nothing.
std::vector<std::pair<const char*, double StepParts::*>> shown_parts(
    const SimulationReport& report) {
  std::vector<std::pair<const char*, double StepParts::*>> shown;
  for (const auto& part : kParts) {
    for (const StepPrediction& prediction : report.predictions) {
      constexpr double kNothing = 1e-9;
      if (std::abs(prediction.parts.*part.second) <= kNothing * prediction.step_s) continue;
      shown.push_back(part);
      break;
    }
  }
  return shown;
}

std::vector<std::string> table_lines(const SimulationReport& report) {
  constexpr int kWidth = 200;
  const auto parts = shown_parts(report);
  std::vector<TableColumn> columns = {{.heading = "prediction"}};
  for (const char* heading : {"processes", "step ms", "90% interval", "measured ms", "speed-up",
                              "efficiency", "images/s"}) {
    columns.push_back({.heading = heading, .align = Align::kRight});
  }
  for (const auto& [name, member] : parts) {
    columns.push_back({.heading = name, .align = Align::kRight});
  }
  TextTable table(std::move(columns));
  for (const StepPrediction& each : report.predictions) {
    const auto measured = measured_step_s(report.profile, each.processes);
    std::vector<std::string> cells = {
        "prediction",
        std::to_string(each.processes),
        ms_text(each.step_s),
        each.interval ? ms_text(each.interval->low_s) + " to " + ms_text(each.interval->high_s)
                      : "",
        measured ? ms_text(*measured) : "",
        fmt::format("{:.2f}", speed_up(each)),
        fmt::format("{:.1f}%", 100 * each.efficiency()),
        each.images_per_second > 0 ? figure_text(each.images_per_second) : ""};
    for (const auto& [name, member] : parts) cells.push_back(ms_text(each.parts.*member));
    table.add(std::move(cells));
  }
  return table.lines(kWidth);
}

std::string score_text(const PredictionScore& score) {
  return fmt::format(
      "prediction checked: {} processes from those before: step time {:.1f}% off (as at {}: "
      "{:.1f}%), lost time {:.0f}% off ({:.0f}%)",
      score.processes, 100 * score.step_error, score.before, 100 * score.null_step_error,
      100 * score.lost_error, 100 * score.null_lost_error);
}

std::string origin_note(const Profile& profile) {
  const int largest = largest_measured(profile);
  if (largest == 0) return "nothing was measured: all of it follows from what is given";
  if (largest == 1) return "one process was measured: nothing tells how wrong it is for several";
  return fmt::format("measured up to {} processes; the 90% interval is the model's", largest);
}

Json prediction_json(const StepPrediction& each, const Profile& profile) {
  const auto measured = measured_step_s(profile, each.processes);
  Json interval;
  if (each.interval) interval = {each.interval->low_s, each.interval->high_s};
  Json object = {
      {"processes", each.processes},
      {"measured_step_seconds", measured ? Json(*measured) : Json()},
      {"prediction_step_seconds", each.step_s},
      {"prediction_interval_seconds", interval},
      {"prediction_lost_seconds", each.lost_s()},
      {"prediction_speed_up", speed_up(each)},
      {"prediction_efficiency", each.efficiency()},
      {"prediction_images_per_second",
       each.images_per_second > 0 ? Json(each.images_per_second) : Json()},
      {"prediction_communication_seconds", each.communication_s},
  };
  for (const auto& [name, member] : kParts) object[field_name(name)] = each.parts.*member;
  return object;
}

Json prediction_json(const std::optional<PredictionScore>& score) {
  if (!score) return nullptr;
  return {{"processes", score->processes},
          {"before", score->before},
          {"prediction_step_error", score->step_error},
          {"null_step_error", score->null_step_error},
          {"prediction_lost_error", score->lost_error},
          {"null_lost_error", score->null_lost_error},
          {"prediction_interval_covers",
           score->is_in_interval ? Json(*score->is_in_interval) : Json()}};
}

}  // namespace

std::optional<double> measured_step_s(const Profile& profile, int processes) {
  for (const MeasuredSteps& steps : profile.measured) {
    if (steps.processes == processes) return median(steps.step_s);
  }
  return std::nullopt;
}

void print_prediction_text(const SimulationReport& report, std::ostream& out) {
  out << fmt::format("prediction of {} scaling: {}\n", to_word(report.profile.mode),
                     origin_note(report.profile));
  for (const NamedInput& input : inputs_of(report.profile, report.algorithm)) {
    out << fmt::format("prediction from {}: {} ({})\n", input.name, printable(input.value),
                       to_word(input.origin));
  }
  for (const std::string& line : table_lines(report)) out << line << "\n";
  if (report.score) out << score_text(*report.score) << "\n";
}

void print_prediction_json(const SimulationReport& report, std::ostream& out) {
  Json inputs = Json::array();
  for (const NamedInput& input : inputs_of(report.profile, report.algorithm)) {
    inputs.push_back(
        {{"name", input.name}, {"value", input.value}, {"origin", to_word(input.origin)}});
  }
  Json predictions = Json::array();
  for (const StepPrediction& each : report.predictions) {
    predictions.push_back(prediction_json(each, report.profile));
  }
  const int largest = largest_measured(report.profile);
  const Json document = {{"kind", "prediction"},
                         {"mode", to_word(report.profile.mode)},
                         {"largest_measured", largest > 0 ? Json(largest) : Json()},
                         {"prediction_confidence", kPredictionConfidence},
                         {"prediction_inputs", inputs},
                         {"predictions", predictions},
                         {"prediction_score", prediction_json(report.score)}};
  out << document.dump(-1, ' ', false, Json::error_handler_t::replace) << "\n";
}

void print_prediction_csv(const SimulationReport& report, std::ostream& out) {
  out << "kind,processes,measured_step_seconds,prediction_step_seconds,prediction_low_seconds,"
         "prediction_high_seconds,"
         "prediction_speed_up,prediction_efficiency,prediction_images_per_second";
  for (const auto& [name, member] : kParts) out << "," << field_name(name);
  out << "\n";
  for (const StepPrediction& each : report.predictions) {
    const auto& interval = each.interval;
    const auto measured = measured_step_s(report.profile, each.processes);
    out << fmt::format("prediction,{},{},{},{},{},{},{},{}", each.processes,
                       measured ? fmt::format("{}", *measured) : "", each.step_s,
                       interval ? fmt::format("{}", interval->low_s) : "",
                       interval ? fmt::format("{}", interval->high_s) : "", speed_up(each),
                       each.efficiency(),
                       each.images_per_second > 0 ? fmt::format("{}", each.images_per_second) : "");
    for (const auto& [name, member] : kParts) out << fmt::format(",{}", each.parts.*member);
    out << "\n";
  }
}

}  // namespace dplaunch
