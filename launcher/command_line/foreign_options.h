#pragma once

#include <string_view>

namespace dplaunch {

/// Where the words that take an option's place belong.
enum class Place {
  kOptions,      ///< among dplaunch's own
  kEnvironment,  ///< before "dplaunch"
  kCommand,      ///< at the beginning of the command: the rest of the line is the command's
  kProgram,      ///< nowhere: what follows is a program, not a Python script
};

struct ForeignOption {
  std::string_view name;
  int values;             ///< words that belong to it
  std::string_view here;  ///< what is said here; {value}, and of HOST:TAIL {tail}
  std::string_view why = {};
  Place place = Place::kOptions;
};

/// An option of torchrun, Accelerate, DeepSpeed, mpirun, horovodrun or srun, its name with dashes;
/// nullptr if none of them has it, or dplaunch has it too.
const ForeignOption* find_foreign_option(std::string_view name);

}  // namespace dplaunch
