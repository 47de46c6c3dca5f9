#pragma once

namespace dplaunch {

/// Raises this process's soft limit of open files, which its children inherit, as far as the hard
/// one allows and a job may need: a launcher has some for each rank and for each other host,
/// data-loading processes share their batches as files. Not higher, because old programs close
/// every possible descriptor.
void raise_open_file_limit();

}  // namespace dplaunch
