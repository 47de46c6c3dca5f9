#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <variant>

#include "launcher/commands/data/fetch_data.h"
#include "launcher/commands/devices/show_devices.h"
#include "launcher/commands/doctor/doctor.h"
#include "launcher/commands/eval/evaluate_options.h"
#include "launcher/commands/export/export_checkpoint.h"
#include "launcher/commands/logs/show_logs.h"
#include "launcher/commands/status/show_status.h"
#include "launcher/commands/stop/stop_run.h"

namespace dplaunch {

/// What a subcommand asks for.
using SubcommandRequest = std::variant<DataOptions, DevicesOptions, StatusOptions, StopOptions,
                                       LogsOptions, DoctorOptions, EvaluateOptions, ExportOptions>;

/// The subcommands and the values of their options.
class Subcommands {
 public:
  /// Declares them. `app` must not outlive this.
  explicit Subcommands(CLI::App& app);

  /// After parsing: the one that was named, or nullopt.
  std::optional<SubcommandRequest> chosen() const;

 private:
  template <typename Options>
  struct Subcommand {
    CLI::App* app = nullptr;
    Options options;
  };

  void add_data(CLI::App& app);
  void add_devices(CLI::App& app);
  void add_doctor(CLI::App& app);

  Subcommand<DataOptions> data_;
  Subcommand<DevicesOptions> devices_;
  Subcommand<StatusOptions> status_;
  Subcommand<StopOptions> stop_;
  Subcommand<LogsOptions> logs_;
  Subcommand<DoctorOptions> doctor_;
  Subcommand<EvaluateOptions> eval_;
  Subcommand<ExportOptions> export_;
};

}  // namespace dplaunch
