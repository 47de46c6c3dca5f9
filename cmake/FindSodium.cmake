# Finds libsodium and defines Sodium::Sodium: the static one, of which little is linked in, so that the
# launcher's start has no further library to load.
find_path(Sodium_INCLUDE_DIR sodium.h)
find_library(Sodium_LIBRARY NAMES libsodium.a sodium)
mark_as_advanced(Sodium_INCLUDE_DIR Sodium_LIBRARY)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(
  Sodium
  REQUIRED_VARS Sodium_LIBRARY Sodium_INCLUDE_DIR
  REASON_FAILURE_MESSAGE "run scripts/setup.sh, or install libsodium-dev")

add_library(Sodium::Sodium UNKNOWN IMPORTED)
set_target_properties(Sodium::Sodium PROPERTIES IMPORTED_LOCATION ${Sodium_LIBRARY}
                                                INTERFACE_INCLUDE_DIRECTORIES ${Sodium_INCLUDE_DIR})
