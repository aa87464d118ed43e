# Brings the targets launcher_zstd and launcher_xxhash, linked statically: the launcher runs before there are any shared
# libraries (packaging/one_file).
foreach(name zstd xxhash)
  find_path(LAUNCHER_${name}_INCLUDE_DIR ${name}.h REQUIRED)
  find_library(LAUNCHER_${name}_LIBRARY lib${name}.a REQUIRED)
  add_library(launcher_${name} STATIC IMPORTED)
  set_target_properties(launcher_${name} PROPERTIES IMPORTED_LOCATION ${LAUNCHER_${name}_LIBRARY}
                                                    INTERFACE_INCLUDE_DIRECTORIES ${LAUNCHER_${name}_INCLUDE_DIR})
endforeach()
