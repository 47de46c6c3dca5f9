#pragma once

#include <iosfwd>
#include <string>

namespace dplaunch {

struct DoctorOptions {
  bool json = false;            ///< one JSON object for programs, in place of the lines
  std::string root = "./data";  ///< the folder of the data set
  std::string device;           ///< a device string, to judge the machine for; empty for "auto"
};

/// `dplaunch doctor`: checks what goes wrong in practice and prints each finding with its remedy,
/// the worst first. Changes nothing on the machine. Returns the exit code: 1 if anything has
/// failed. Throws Error(kDevice) for what is no device string, before anything is printed.
int run_doctor(const DoctorOptions& options, std::ostream& out);

}  // namespace dplaunch
