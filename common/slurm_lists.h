#pragma once

#include <optional>
#include <string>

namespace dplaunch {

// The compressed lists of Slurm's variables (sbatch(1), "OUTPUT ENVIRONMENT VARIABLES").

/// "gpu[03-05,9],login" -> "gpu03"; "r[1-2]n[3,4]" -> "r1n3". nullopt for what is no such list.
std::optional<std::string> first_host(const std::string& node_list);

/// "3,1" or "2(x3),1": the number that a node has, counted from 0. nullopt if it is not there.
std::optional<int> number_of_node(const std::string& numbers, int node);

}  // namespace dplaunch
