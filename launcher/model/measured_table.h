#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "launcher/model/profile.h"

namespace dplaunch {

/// The measurements of a CSV file: a line a measurement, its columns named in the first line, of
/// which "processes" and "images_per_second" (of all processes together) are read; lines that begin
/// with "#" and empty ones are skipped. Where there is a column "series", only the lines whose
/// series is `series` (all where `series` is empty and there is one series). Several lines of as
/// many processes are repeats of one measurement.
///
/// The profile has them as step times of a step of one image: weak, one for each process; strong,
/// one in all. Throws Error(kUsage) that names the file, the line and what is wrong there.
Profile read_measured(const std::filesystem::path& file, const std::string& series,
                      ScalingMode mode);

}  // namespace dplaunch
