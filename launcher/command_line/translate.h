#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace dplaunch {

/// A command line that is not dplaunch's, said in its way.
struct Translation {
  std::vector<std::string> foreign;  ///< the options of other launchers, in their order
  std::string command_line;          ///< "dplaunch --nproc-per-node 2 -- python train.py"
  std::vector<std::string> remarks;  ///< "--tee 3: --show RANKS chooses whose output is shown; ..."
};

/// torchrun takes --nproc_per_node as well as --nproc-per-node; other words stay as they are.
std::string with_dashes(std::string word);

/// `words` are those of the user without the program's name, and `command` is what stands behind
/// "--"; `app` knows dplaunch's own options.
Translation translate(const CLI::App& app, const std::vector<std::string>& words,
                      const std::vector<std::string>& command);

/// Throws the Error(kUsage) that names all options of other launchers, and what to write in place
/// of them; does nothing if there is none.
void refuse_foreign_options(const Translation& translation);

}  // namespace dplaunch
