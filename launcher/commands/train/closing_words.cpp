#include "launcher/commands/train/closing_words.h"

#include "base/text/shell_word.h"

namespace dplaunch {

std::string nothing_left_words(const RunFolder& run, const Config& config) {
  std::string limits = "epochs " + std::to_string(config.epochs);
  if (config.max_steps > 0) limits += ", max_steps " + std::to_string(config.max_steps);
  return "nothing to do: " + run.root().string() + " is finished (" + limits +
         "), its result is in " + run.summary().string() +
         "\nto train on, add --set epochs=N with a larger N\n";
}

std::string closing_words(const RunFolder& run, const std::string& device, bool is_success) {
  if (is_success) return "dplaunch: finished; everything is in " + run.root().string() + "\n";
  const std::string command =
      "dplaunch --device " + shell_word(device) + " --resume=" + shell_word(run.root().string());
  const std::string newest = run.newest_checkpoint();
  const std::string from = newest.empty() ? "dplaunch: no checkpoint yet; to start it again: "
                                          : "dplaunch: to go on from " + newest + ": ";
  return from + command + "\n";
}

}  // namespace dplaunch
