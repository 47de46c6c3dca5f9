#pragma once

#include <cstdint>
#include <filesystem>

namespace dplaunch {

/// Writes train.bin, test.bin, both label name files and the marker of a synthetic set into
/// `folder`. Each of the 100 classes is a smooth coloured pattern of its own, mixed with that of
/// its coarse class; an image shows it shifted, brighter or darker, under another class's pattern
/// and noise, so that a small convolutional network learns it within a few epochs, but not in one.
/// The classes are balanced and in mixed order. Only integers are computed with: the same counts
/// give the same bytes on every machine. Throws Error(kStorage).
void write_synthetic_set(const std::filesystem::path& folder, std::int64_t train_records,
                         std::int64_t test_records);

}  // namespace dplaunch
