# Brings the target yaml_cpp: yaml-cpp, linked statically. Only the commands that read configuration files need it, and
# a shared library would be loaded at the start of every plugin process.
find_path(YAML_CPP_INCLUDE_DIR yaml-cpp/yaml.h REQUIRED)
find_library(YAML_CPP_LIBRARY libyaml-cpp.a REQUIRED)

add_library(yaml_cpp STATIC IMPORTED)
set_target_properties(yaml_cpp PROPERTIES IMPORTED_LOCATION ${YAML_CPP_LIBRARY}
                                          INTERFACE_INCLUDE_DIRECTORIES ${YAML_CPP_INCLUDE_DIR})
