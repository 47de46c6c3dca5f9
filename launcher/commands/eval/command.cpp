#include <CLI/CLI.hpp>
#include <memory>

#include "common/rank_environment.h"
#include "launcher/command_line/option_values.h"
#include "launcher/commands/commands.h"
#include "launcher/commands/eval/evaluate.h"
#include "launcher/hosts/engine_hosts.h"

namespace dplaunch {

Action declare_eval(CLI::App& app) {
  const auto options = std::make_shared<EvaluateOptions>();
  add_checkpoint_option(app, options->checkpoint);
  takes(app.add_option("--device", options->device,
                       "auto (default), all, 0, 0,1, cpu:4: as in training"),
        "DEVICES", offer::kDevices);
  add_set_option(app, "replace one value of the checkpoint's configuration; repeatable",
                 options->overrides);
  const auto set_root = [options](const std::string& root) {
    options->overrides.push_back({"root", root, "--root"});
  };
  takes(app.add_option_function<std::string>(
            "--root", set_root, "folder of the data set, if it is no longer where it was"),
        "DIR", offer::kFolders);
  takes(app.add_option("--confusion", options->confusion,
                       "also write how often each class was taken for which, as CSV"),
        "FILE", offer::kFiles);
  app.add_flag("--json", options->json, "for programs: one object; the rest goes to stderr");
  return [options] {
    refuse_several_tasks("dplaunch eval", process_variable);
    return evaluate(*options);
  };
}

}  // namespace dplaunch
