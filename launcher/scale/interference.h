#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace dplaunch {

/// What the machine had done by a moment. From /proc/stat and the control groups' cpu.stat.
struct MachineUse {
  std::int64_t at_ns = 0;     ///< monotonic
  double busy_seconds = 0;    ///< of all CPUs together
  double stolen_seconds = 0;  ///< taken by the machine below a virtual one
  double throttled_seconds = 0;
};
MachineUse machine_use();

/// What else went on while something was measured.
struct Interference {
  double other_cores = 0;   ///< CPUs kept busy by other processes, in the mean
  double stolen_cores = 0;  ///< CPUs that a virtual machine was promised and did not get
  double throttled_seconds = 0;

  /// What a reader of the figures has to know: "other processes used 1.0 cores"; empty if nothing
  /// that shows in them.
  std::vector<std::string> flags() const;
};

/// `own_cpu_seconds`: what was measured used by itself between the two.
Interference interference_between(const MachineUse& before, const MachineUse& after,
                                  double own_cpu_seconds);

}  // namespace dplaunch
