#include <csignal>
#include <exception>
#include <filesystem>

#include "base/error.h"
#include "launcher/command_line/command_line.h"
#include "launcher/commands/commands.h"

int main(int argc, char** argv) {
  using namespace dplaunch;
  // A file that reaches `ulimit -f` becomes an error of that write, which names the file.
  std::signal(SIGXFSZ, SIG_IGN);
  try {
    const Action action = parse_command_line(argc, argv, commands());
    return action();
  } catch (const Error& error) {
    return report(error, "dplaunch");
  } catch (const std::filesystem::filesystem_error& error) {
    return report(Error(ExitCode::kStorage, error.what()), "dplaunch");
  } catch (const std::exception& error) {
    return report(Error(ExitCode::kFailure, error.what()), "dplaunch");
  }
}
