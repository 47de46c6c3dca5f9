#include "launcher/affinity/bind.h"

#include "base/error.h"

namespace dplaunch {

Bind parse_bind(const std::string& text) {
  if (text == "none") return Bind::kNone;
  if (text == "core") return Bind::kCore;
  if (text == "numa") return Bind::kNuma;
  throw Error(ExitCode::kUsage, "--bind \"" + text + "\": no such kind of binding",
              "allowed are none, core (cores of its own for each process) and numa (the cores near "
              "its GPU)");
}

}  // namespace dplaunch
