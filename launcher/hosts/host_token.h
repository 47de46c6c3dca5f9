#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

namespace dplaunch {

// How the launchers of a job tell that they belong to it, without sending what they share.

/// The first line of a file that only its owner can read. Throws Error(kUsage) for one that is
/// empty, too long or open to others.
std::string read_token(const std::filesystem::path& file);

/// Random bytes as hexadecimal digits.
std::string random_hex(std::size_t bytes);

/// What only who knows `token` can say of the words: HMAC-SHA-256 (RFC 2104) of them, as
/// hexadecimal digits.
std::string proof(const std::string& token, const std::string& words);
/// In a time that does not depend on where they differ.
bool is_same_proof(const std::string& one, const std::string& other);

}  // namespace dplaunch
