#pragma once

#include <ctime>
#include <string>
#include <vector>

#include "launcher/stacks/take_stacks.h"

namespace dplaunch {

/// The stacks for people, as lines: the first says in words who is where the others are not, then
/// the tree, when and by whom the stacks were taken, and the notes, each behind "note: ".
std::vector<std::string> stacks_text(const JobStacks& stacks, std::time_t taken, bool utf8);

}  // namespace dplaunch
