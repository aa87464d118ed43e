# Brings the target one_file: one executable that needs glibc and nothing else (docs/installation.md).
#
# The program is linked from the libraries of the rooms, as cq-source-s3 is, but with static libraries. Only Arrow stays
# shared where it comes from the pyarrow wheel. Then the executable is a small static launcher that holds the program and
# the shared libraries. With CQ_STATIC, Arrow is static too, and the executable is the program itself.
if(NOT CQ_STATIC AND NOT CQ_ARROW_FILES)
  message(STATUS "One file: not available, since the installed Arrow needs further shared libraries")
  return()
endif()
set(CQ_ONE_FILE_NAME cq-source-s3-${PROJECT_VERSION}-linux-${CMAKE_SYSTEM_PROCESSOR})
set(CQ_ONE_FILE ${CMAKE_BINARY_DIR}/one_file/${CQ_ONE_FILE_NAME})
set(CQ_STATIC_CURL ${CMAKE_SOURCE_DIR}/.tools/static-curl/lib/libcurl.a)

# The static libraries by the names that Debian's pkg-config files give them. The linker takes those that are needed.
find_package(PkgConfig REQUIRED)
pkg_check_modules(CQ_STATIC_DEPS REQUIRED grpc++ protobuf libssl pugixml zlib)
set(static_libraries ${CQ_STATIC_DEPS_STATIC_LIBRARIES} minizip yaml-cpp)
list(REMOVE_DUPLICATES static_libraries)
list(FILTER static_libraries EXCLUDE REGEX "^(dl|rt|m|pthread|atomic)$")
list(TRANSFORM static_libraries PREPEND "-l:lib")
list(TRANSFORM static_libraries APPEND ".a")

set(rooms source s3 formats cloudquery cloudquery_proto base)
set(room_files)
foreach(room ${rooms})
  list(APPEND room_files $<TARGET_FILE:${room}>)
endforeach()

# The rooms and the static libraries come before Arrow. libarrow and libparquet export parts of abseil, protobuf and
# OpenSSL, in versions of their own, and the linker takes the first definition that it finds. For the same reason
# nothing of the static libraries is exported: it would replace the parts that those libraries use.
add_executable(one_file_program EXCLUDE_FROM_ALL $<TARGET_OBJECTS:plugin_main>)
add_dependencies(one_file_program ${rooms})
target_link_options(one_file_program PRIVATE -s -Wl,--exclude-libs,ALL -Wl,--gc-sections -Wl,-z,relro)
target_link_libraries(one_file_program PRIVATE -Wl,--start-group ${room_files} ${CQ_STATIC_CURL} ${static_libraries}
                                               -l:libatomic.a -Wl,--end-group)
set_target_properties(one_file_program PROPERTIES OUTPUT_NAME one_file/program)

if(CQ_STATIC)
  target_link_libraries(one_file_program PRIVATE Arrow::parquet Arrow::arrow simdjson::simdjson -static-libstdc++ -static-libgcc)
  add_custom_command(
    OUTPUT ${CQ_ONE_FILE}
    COMMAND ${CMAKE_COMMAND} -E copy $<TARGET_FILE:one_file_program> ${CQ_ONE_FILE}
    DEPENDS one_file_program)
  add_custom_target(one_file DEPENDS ${CQ_ONE_FILE})
else()
  # RPATH, unlike RUNPATH, comes before LD_LIBRARY_PATH, which may name a folder with another Arrow.
  target_link_options(one_file_program PRIVATE -Wl,--disable-new-dtags)
  set_target_properties(one_file_program PROPERTIES INSTALL_RPATH "$ORIGIN" BUILD_WITH_INSTALL_RPATH ON)
  # Debian has simdjson as a shared library only. The loader looks for it by its soname.
  get_target_property(simdjson_file simdjson::simdjson LOCATION)
  file(REAL_PATH ${simdjson_file} simdjson_file)
  string(REGEX REPLACE "(\\.so\\.[0-9]+).*" "\\1" simdjson_file ${simdjson_file})
  set(CQ_BUNDLED_FILES ${CQ_ARROW_FILES} ${simdjson_file})
  target_link_libraries(one_file_program PRIVATE ${CQ_BUNDLED_FILES})
  add_subdirectory(packaging/one_file)
endif()
