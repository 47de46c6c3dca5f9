#include <exception>
#include <iostream>
#include <variant>

#include "base/error.h"
#include "base/files/check_shown.h"
#include "launcher/command_line/command_line.h"
#include "launcher/commands/data/fetch_data.h"
#include "launcher/commands/eval/evaluate.h"
#include "launcher/commands/run/run_command.h"
#include "launcher/commands/train/train.h"
#include "launcher/commands/train/train_seeds.h"

namespace dplaunch {
namespace {

/// One overload for each thing that can be asked for.
struct Runner {
  const std::vector<std::string>& words;

  int operator()(const ShowText& show) const {
    std::cout << show.text;
    return check_shown(std::cout);
  }
  int operator()(const DataOptions& options) const { return fetch_data(options, std::cout); }
  int operator()(const DevicesOptions& options) const {
    const int code = show_devices(options, std::cout);
    return code == to_int(ExitCode::kSuccess) ? check_shown(std::cout) : code;
  }
  int operator()(const StatusOptions& options) const { return show_status(options, std::cout); }
  int operator()(const StopOptions& options) const { return stop_run(options, std::cout); }
  int operator()(const LogsOptions& options) const {
    return show_logs(options, std::cout, std::cerr);
  }
  int operator()(const DoctorOptions& options) const {
    const int code = run_doctor(options, std::cout);
    check_shown(std::cout);
    return code;
  }
  int operator()(const EvaluateOptions& options) const { return evaluate(options); }
  int operator()(const ExportOptions& options) const {
    const int code = export_checkpoint(options, std::cout);
    check_shown(std::cout);
    return code;
  }
  int operator()(const SubcommandRequest& request) const { return std::visit(*this, request); }
  int operator()(const LaunchOptions& options) const {
    if (!options.command.empty()) return run_command(options, words);
    return options.seeds > 1 ? train_seeds(options, words) : train(options, words);
  }
};

}  // namespace
}  // namespace dplaunch

int main(int argc, char** argv) {
  using namespace dplaunch;
  try {
    const CommandLine line = parse_command_line(argc, argv);
    return std::visit(Runner{line.words}, line.request);
  } catch (const Error& error) {
    return report(error, "dplaunch");
  } catch (const std::exception& error) {
    return report(Error(ExitCode::kFailure, error.what()), "dplaunch");
  }
}
