#pragma once

#include <filesystem>

namespace dplaunch {

// What a process finds around it on every usual system, and what fails in odd ways without it.

/// Throws Error(kStorage) if `path` is relative and the folder that this process works in has been
/// removed: whatever came of it would be called missing, though it may be where the user sees it.
void require_working_folder(const std::filesystem::path& path);

/// Whether /proc is mounted: without it processes cannot be looked at.
bool has_proc();

}  // namespace dplaunch
